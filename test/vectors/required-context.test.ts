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

describeVectors('esdk', 'messages of the Encryption SDK for .NET with a required encryption context', (vectors) => {
  const cases = ['esdk-net/v4-Net-4.0.1', 'esdk-net/valid-Net-4.0.0', 'esdk-net/invalid-Net-4.0.0'].flatMap(read)

  it('are all seen', () => {
    expect(cases.map(({ folder }) => folder).filter((folder) => folder.includes('4.0.1'))).toHaveLength(22)
    expect(cases).toHaveLength(30)
  })

  it.each(cases)('opens $folder $name when the reader reproduces the pairs', async (vector) => {
    const { plaintext, encryptionContext } = await open(vector, vector.context)
    expect(Buffer.from(plaintext).equals(vector.plaintext)).toBe(true)
    expect(encryptionContext).toMatchObject(vector.context)
  })

  it.each(cases.filter(({ hidden }) => hidden.length > 0))('refuses $folder $name with a wrong or a missing value', async (vector) => {
    const [key] = vector.hidden as [string]
    const wrong = await open(vector, { ...vector.context, [key]: `${vector.context[key]}.` }).catch((error: unknown) => error)
    expect(isStrongroomError(wrong, 'MESSAGE_INVALID')).toBe(true)
    const { [key]: _, ...fewer } = vector.context
    const missing = await open(vector, fewer).catch((error: unknown) => error)
    expect(isStrongroomError(missing, 'CONTEXT_INVALID')).toBe(true)
  })

  interface Case {
    readonly folder: string
    readonly name: string
    readonly message: Buffer
    readonly keys: VectorKeys
    readonly masterKeys: MasterKey[]
    readonly context: Record<string, string>
    /** Keys whose pairs the message does not store. */
    readonly hidden: readonly string[]
    readonly plaintext: Buffer
  }

  function read(folder: string): Case[] {
    const keys = vectors.json<VectorKeys>(`${folder}/keys.json`)
    const file = (address: string) => vectors.bytes(`${folder}/${address.replace('file://', '')}`)
    return Object.values(vectors.json<{ tests: Record<string, Vector> }>(`${folder}/manifest.json`).tests)
      .filter((vector) => vector.cmm === 'RequiredEncryptionContext' && vector['master-keys'].every(({ type }) => type === 'raw'))
      .map((vector) => {
        const message = file(vector.ciphertext)
        const context = vector['encryption-context']
        const stored = parseMessage(message).encryptionContext
        return {
          folder,
          name: vector.ciphertext.replace('file://ciphertexts/', ''),
          message,
          keys,
          masterKeys: vector['master-keys'],
          context,
          hidden: Object.keys(context).filter((key) => !(key in stored)),
          plaintext: file(vector.result.output.plaintext),
        }
      })
  }

  async function open({ folder, keys, masterKeys, message, hidden }: Case, encryptionContext: Record<string, string>) {
    const client = createEncryptionClient({
      keyring: keyringOfMasterKeys(keys, masterKeys),
      commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT',
      netV400Retry: folder.includes('invalid'),
      ...(hidden.length === 0 ? {} : { requiredContextKeys: hidden }),
    })
    return await client.decrypt(message, { encryptionContext })
  }
})
