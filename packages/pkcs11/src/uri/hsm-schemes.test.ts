import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { createEncryptionClient, createKeyringRegistry, type Keyring, keyringFromUri, parseMessage } from '@strongroom/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeOnHsm, everyModule } from '../../../../test/support/hsm.ts'
import { openTestToken } from '../../test/hsm-keys.ts'
import { createHsmKey, rotateHsmKey } from '../admin/keys.ts'
import type { HsmToken } from '../token/hsm-token.ts'
import { hsmSchemes } from './hsm-schemes.ts'

const text = new TextEncoder().encode('configured')

async function reads(writer: Keyring, reader: Keyring): Promise<string> {
  const { ciphertext } = await createEncryptionClient({ keyring: writer }).encrypt(text)
  const { plaintext, openedBy } = await createEncryptionClient({ keyring: reader }).decrypt(ciphertext)
  expect(plaintext).toEqual(text)
  expect(parseMessage(ciphertext).encryptedDataKeys.map(({ providerId }) => providerId)).toEqual(['example'])
  return openedBy.keyId
}

describeOnHsm(everyModule, 'HSM keyrings from URIs', (hsm) => {
  const owner = openTestToken(hsm)
  const opened: HsmToken[] = []
  const { library, libraryParameters, token, module } = hsm
  const registry = createKeyringRegistry({
    schemes: hsmSchemes({
      ...(libraryParameters === undefined ? {} : { libraryParameters }),
      ...(module === 'cloudhsm' ? { quirks: { oaepHashes: ['SHA1'] } } : {}),
      onOpen: (each) => opened.push(each),
    }),
  })
  const pinFile = join(hsm.folder, '..', 'uri-pin')
  const at = `module-path=${library}&pin-source=file:${pinFile}&namespace=example`

  beforeAll(async () => {
    writeFileSync(pinFile, `${token.pin}\n`)
    await createHsmKey(owner, { alias: 'by uri' })
    await rotateHsmKey(owner, { alias: 'by uri' })
    await createHsmKey(owner, { alias: 'pair', kind: 'rsa', bits: 2048 })
  })
  afterAll(async () => {
    for (const each of opened) await each.close()
    await owner.close()
  })

  it('write with the highest version of an alias, or with the one that is named', async () => {
    const highest = await keyringFromUri(`pkcs11:token=${token.label};object=by%20uri;type=secret-key?${at}`, registry)
    const first = await keyringFromUri(`pkcs11:token=${token.label};object=by%20uri%2Fv0001?${at}`, registry)
    expect(await reads(highest, first)).toBe('by uri/v0002')
    expect(await reads(first, highest)).toBe('by uri/v0001')
    expect(opened).toHaveLength(1)
  })

  it('take a PIN that stands in the URI, and show it nowhere', async () => {
    const pin = encodeURIComponent(token.pin)
    const keyring = await registry.keyringFromUri(
      `pkcs11:token=${token.label};object=by%20uri?${at.replace(/pin-source=[^&]+/, `pin-value=${pin}`)}`,
    )
    expect(await reads(keyring, keyring)).toBe('by uri/v0002')
    expect(inspect([keyring, opened], { depth: 12, showHidden: true })).not.toContain(token.pin)
  })

  it('are of a pair where the type says so', async () => {
    const rsa = `object=pair;token=${token.label}`
    const both = await registry.keyringFromUri(`pkcs11:${rsa};type=private?${at}&padding=OAEP_SHA1`)
    const writer = await registry.keyringFromUri(`pkcs11:${rsa};type=public?${at}&padding=OAEP_SHA1`)
    expect(await reads(writer, both)).toBe('pair/v0001')
    await expect(reads(both, writer)).rejects.toThrow()
  })
})

describe('a PKCS#11 URI of a keyring', () => {
  const registry = createKeyringRegistry({ schemes: hsmSchemes({ library: '/no/such/library.so' }) })

  it.each([
    ['pkcs11:token=t?pin-source=/p&namespace=n', /object is missing/],
    ['pkcs11:token=t;object=o?pin-source=/p', /namespace is missing/],
    ['pkcs11:token=t;object=o?namespace=n', /pin-source is missing/],
    ['pkcs11:object=o?namespace=n&pin-source=/p', /names no token/],
    ['pkcs11:token=t;object=o?pin-source=|cat%20/p&namespace=n', /program/],
    ['pkcs11:token=t;object=o;type=cert?pin-source=/p&namespace=n', /type=cert/],
    ['pkcs11:token=t;object=o;type=private?pin-source=/p&namespace=n', /padding/],
    ['pkcs11:token=t;object=o?pin-source=/p&namespace=n&padding=OAEP_SHA1', /padding is for/],
    ['pkcs11:token=t;object=o;id=%01?pin-source=/p&namespace=n', /id belongs to one version/],
    ['pkcs11:token=t;object=o?pin-source=/p&namespace=n&pin-value=hunter2', /both/],
    ['pkcs11:token=t;object=o?pin-value=hunter2&speed=high&namespace=n', /attribute speed/],
  ])('is refused where it is %s', async (uri, message) => {
    const failure = await registry.keyringFromUri(uri).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(failure).toMatchObject({ code: 'OPTION_INVALID', message: expect.stringMatching(message) })
    expect(inspect(failure, { depth: 9 })).not.toContain('hunter2')
  })

  it('names a library that has to be there, by itself or by the options', async () => {
    await expect(registry.keyringFromUri('pkcs11:token=t;object=o?pin-source=/p&namespace=n')).rejects.toMatchObject({
      reason: 'LIBRARY_MISSING',
    })
    const none = createKeyringRegistry({ schemes: hsmSchemes() })
    await expect(none.keyringFromUri('pkcs11:token=t;object=o?pin-source=/p&namespace=n')).rejects.toThrow(/module-path is missing/)
    expect(() => hsmSchemes({ slot: {} } as never)).toThrow(/"slot"/)
  })
})
