import { createEncryptionClient, isStrongroomError, parseMessage } from '@strongroom/core'
import { expect, it } from 'vitest'
import { keyringOfMasterKeys, type MasterKey, type VectorKeys } from '../support/vector-keys.ts'
import { describeVectors } from '../support/vectors.ts'

interface Vector {
  readonly ciphertext: string
  readonly 'master-keys': MasterKey[]
  readonly cmm: 'Default' | 'RequiredEncryptionContext'
  readonly 'encryption-context': Record<string, string>
  readonly result: { readonly output: { readonly plaintext: string } }
}

describeVectors('esdk', 'messages of the Encryption SDK for .NET', (vectors) => {
  const sets = {
    current: read('esdk-net/v4-Net-4.0.1'),
    valid400: read('esdk-net/valid-Net-4.0.0'),
    invalid400: read('esdk-net/invalid-Net-4.0.0'),
  }

  it('are all seen', () => {
    const count = (set: Case[]) => [set.length, set.filter(isKms).length, set.filter(isRequired).length, set.filter(isDefault).length]
    expect(count(sets.current)).toEqual([86, 20, 22, 44])
    expect(count(sets.valid400)).toEqual([4, 0, 4, 0])
    expect(count(sets.invalid400)).toEqual([21, 0, 4, 17])
  })

  it.each(sets.current.filter(isDefault))('opens 4.0.1 $name', async (vector) => {
    await expectOpens(vector, false)
  })

  it.each(sets.invalid400.filter(isDefault))('opens 4.0.0 $name with netV400Retry only', async (vector) => {
    await expectOpens(vector, true)
    const failure = await expectOpens(vector, false).catch((error: unknown) => error)
    expect(isStrongroomError(failure, 'MESSAGE_INVALID')).toBe(true)
  })

  it.each([...sets.current, ...sets.valid400, ...sets.invalid400])('reads the header of $name', ({ name, message, masterKeys }) => {
    const parsed = parseMessage(message)
    expect(parsed.suite.id).toBe(name.slice(0, 4))
    expect(parsed.encryptedDataKeys).toHaveLength(masterKeys.length)
  })

  interface Case {
    readonly name: string
    readonly message: Buffer
    readonly keys: VectorKeys
    readonly masterKeys: MasterKey[]
    readonly cmm: Vector['cmm']
    readonly context: Record<string, string>
    readonly plaintext: Buffer
  }

  function read(folder: string): Case[] {
    const keys = vectors.json<VectorKeys>(`${folder}/keys.json`)
    const file = (address: string) => vectors.bytes(`${folder}/${address.replace('file://', '')}`)
    return Object.values(vectors.json<{ tests: Record<string, Vector> }>(`${folder}/manifest.json`).tests).map((vector) => ({
      name: vector.ciphertext.replace('file://ciphertexts/', ''),
      message: file(vector.ciphertext),
      keys,
      masterKeys: vector['master-keys'],
      cmm: vector.cmm,
      context: vector['encryption-context'],
      plaintext: file(vector.result.output.plaintext),
    }))
  }

  function isKms({ masterKeys }: Case): boolean {
    return masterKeys.some(({ type }) => type !== 'raw')
  }
  function isRequired(vector: Case): boolean {
    return !isKms(vector) && vector.cmm === 'RequiredEncryptionContext'
  }
  function isDefault(vector: Case): boolean {
    return !isKms(vector) && vector.cmm === 'Default'
  }

  async function expectOpens({ keys, masterKeys, message, context, plaintext }: Case, netV400Retry: boolean): Promise<void> {
    const keyring = keyringOfMasterKeys(keys, masterKeys)
    const client = createEncryptionClient({ keyring, commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT', netV400Retry })
    const opened = await client.decrypt(message, { encryptionContext: context })
    expect(Buffer.from(opened.plaintext).equals(plaintext)).toBe(true)
    expect({ ...opened.encryptionContext }).toMatchObject(context)
  }
})
