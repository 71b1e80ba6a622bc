import type { DriverProcess } from '../driver-process.ts'
import type { Fields } from '../protocol.ts'

const keyring = { type: 'raw-aes', namespace: 'ns', name: 'k', key: Buffer.alloc(32, 1).toString('base64') }
const encrypt = { op: 'esdk.encrypt', keyring, plaintext: '' }

type Refusal = readonly [line: string | Fields, error: RegExp]

/** Lines that a driver must answer with an error of this code, and with what else in it. */
const general: readonly Refusal[] = [
  ['nonsense', /^INPUT_INVALID: /],
  ['{"op":"version"', /^INPUT_INVALID: /],
  ['[]', /^INPUT_INVALID: /],
  ['null', /^INPUT_INVALID: /],
  ['{}', /^INPUT_INVALID: /],
  [{ op: 7 }, /^INPUT_INVALID: /],
  [{ op: '__proto__' }, /^UNSUPPORTED: /],
  [{ op: 'nothing' }, /^UNSUPPORTED: /],
  [{ op: 'version', more: 1 }, /^OPTION_INVALID: .*"more"/],
]

/** The same for drivers that have messages. */
const ofMessages: readonly Refusal[] = [
  [{ ...encrypt, frameLenght: 16 }, /^OPTION_INVALID: .*"frameLenght"/],
  [{ ...encrypt, Suite: '0478' }, /^OPTION_INVALID: .*"Suite"/],
  [{ op: 'esdk.decrypt', keyring, ciphertext: '', plaintext: '' }, /^OPTION_INVALID: .*"plaintext"/],
  [{ ...encrypt, keyring: { ...keyring, padding: 'PKCS1' } }, /^OPTION_INVALID: .*"padding"/],
  [{ ...encrypt, keyring: { type: 'multi', generator: { ...keyring, more: 1 } } }, /^OPTION_INVALID: .*"more"/],
  [{ op: 'esdk.encrypt', keyring }, /^INPUT_INVALID: .*plaintext/],
  [{ ...encrypt, plaintext: 'no base64' }, /^INPUT_INVALID: .*base64/],
  [{ ...encrypt, plaintext: 'AAB=' }, /^INPUT_INVALID: .*base64/],
  [{ ...encrypt, encryptionContext: { a: 1 } }, /^INPUT_INVALID: .*encryptionContext/],
  [{ ...encrypt, commitmentPolicy: 'NONE' }, /^INPUT_INVALID: .*commitmentPolicy/],
  [{ ...encrypt, keyring: { type: 'raw-xyz' } }, /^INPUT_INVALID: .*raw-xyz/],
  [{ ...encrypt, keyring: { type: 'hsm', module: '/none' } }, /^(?:UNSUPPORTED|INPUT_INVALID): /],
  // Whatever the client says to these, the driver lives on.
  [{ op: 'esdk.decrypt', keyring, ciphertext: '' }, /./],
  [{ op: 'esdk.decrypt', keyring, ciphertext: 'AgV4' }, /./],
  [{ ...encrypt, suite: '0178' }, /./],
  [{ ...encrypt, suite: '9999' }, /./],
  [{ ...encrypt, keyring: { type: 'multi', generator: keyring, children: [keyring] }, maxEncryptedDataKeys: 1 }, /./],
]

/** Holds a driver to the protocol; answers what it does otherwise. */
export async function checkProtocol(
  driver: DriverProcess,
  { messages }: { readonly messages: boolean },
): Promise<{ readonly checks: number; readonly problems: readonly string[] }> {
  const refusals = messages ? [...general, ...ofMessages] : general
  const problems: string[] = []
  const asked = refusals.map(async ([line, error], id) => {
    const text = typeof line === 'string' ? line : JSON.stringify({ ...line, id })
    const answer = await driver.askLine(text)
    if (answer.ok || !error.test(answer.error ?? '')) problems.push(`${text}: ${JSON.stringify(answer)}`)
    if (typeof line !== 'string' && answer['id'] !== id) problems.push(`${text}: the id ${JSON.stringify(answer['id'])} came back`)
  })
  const identity = { seven: [7, null] }
  const version = await driver.ask({ op: 'version', id: identity })
  if (!version.ok || JSON.stringify(version['id']) !== JSON.stringify(identity)) problems.push(`version: ${JSON.stringify(version)}`)
  await Promise.all(asked)
  return { checks: refusals.length + 1, problems }
}
