/**
 * A second process on a token: decrypts what the first wrote, and tells what it wrote itself.
 *
 *     node --conditions=@strongroom/source test/hsm/exchange-run.ts <token spec as JSON>   (messages as JSON on stdin)
 */
import { text } from 'node:stream/consumers'
import { createEncryptionClient } from '@strongroom/core'
import { keyringOf, openSpec } from './token-spec.ts'

const given = JSON.parse(await text(process.stdin)) as readonly string[]
await using token = openSpec(JSON.parse(process.argv[2] as string))
const client = createEncryptionClient({ keyring: keyringOf(token) })
const work = given.map(async (message, index) => {
  const { plaintext } = await client.decrypt(Buffer.from(message, 'base64'))
  const { ciphertext } = await client.encrypt(Buffer.from(`second ${index}`))
  return { read: Buffer.from(plaintext).toString(), written: Buffer.from(ciphertext).toString('base64') }
})
console.log(JSON.stringify(await Promise.all(work)))
