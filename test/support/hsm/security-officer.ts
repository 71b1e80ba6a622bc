import { execFileSync } from 'node:child_process'
import { createPublicKey } from 'node:crypto'

/** What the security officer needs to log in to a token of SoftHSM2. */
export interface OfficerLogin {
  readonly library: string
  readonly conf: string
  readonly label: string
  readonly soPin: string
}

// In a process of its own: a process has one login for each token, and the user's is taken. CKO_PUBLIC_KEY, CKK_RSA, CKA_TRUSTED.
const PROGRAM = `
const { PKCS11 } = require('pkcs11js')
const { library, label, soPin, name, n, e } = JSON.parse(process.argv[1])
const module = new PKCS11()
module.load(library)
module.C_Initialize({ flags: 2 })
const slot = module.C_GetSlotList(true).find((each) => module.C_GetTokenInfo(each).label.trim() === label)
const session = module.C_OpenSession(slot, 6)
module.C_Login(session, 0, soPin)
const yes = [0x1, 0x86, 0x106].map((type) => ({ type, value: true }))
const no = [0x2, 0x104, 0x10a].map((type) => ({ type, value: false }))
if (n === undefined) {
  const kind = [[0, 4], [0x100, 0x1f], [0x161, 32], [3, name]].map(([type, value]) => ({ type, value }))
  const usage = [[0x103, true], [0x162, false], [0x107, true], [0x105, false], [0x108, false]].map(([type, value]) => ({ type, value }))
  module.C_GenerateKey(session, { mechanism: 0x1080 }, [...kind, ...usage, ...yes, ...no])
  process.exit(0)
}
const numbers = [[0x120, n], [0x122, e]].map(([type, text]) => ({ type, value: Buffer.from(text, 'base64url') }))
module.C_CreateObject(session, [{ type: 0, value: 2 }, { type: 0x100, value: 0 }, { type: 3, value: name }, ...numbers, ...yes, ...no])
module.C_Finalize()
`

/**
 * Stores an RSA public key that is marked trusted, or makes an AES wrapping key that is. In SoftHSM2 only the security officer can, and only when the
 * key is made.
 */
export function storeTrustedKey({ library, conf, label, soPin }: OfficerLogin, name: string, spki: Uint8Array | undefined): void {
  const { n, e } =
    spki === undefined ? {} : createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }).export({ format: 'jwk' })
  const given = JSON.stringify({ library, label, soPin, name, n, e })
  execFileSync(process.execPath, ['-e', PROGRAM, given], {
    cwd: import.meta.dirname,
    env: { PATH: process.env.PATH, SOFTHSM2_CONF: conf },
    stdio: 'pipe',
  })
}
