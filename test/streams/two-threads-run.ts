/** Seals on two threads, once to the end and once not, and ends nothing: the process ends when nothing keeps it. */
import { createEncryptionClient, generateAesKey, rawAesKeyring } from '@strongroom/core'
import { collect, streamOf } from './chunks.ts'

const keyring = rawAesKeyring({ namespace: 'threads', name: 'kek', key: generateAesKey() })
const client = createEncryptionClient({ keyring, suite: '0478' })
const plaintext = new Uint8Array(3_000_000).fill(3)
const ciphertext = await collect(streamOf([plaintext]).pipeThrough(client.encryptStream({ threads: 2 })))
const forgotten = client.encryptStream({ threads: 2 })
await forgotten.message
void forgotten.writable.getWriter().write(plaintext)
const opened = await client.decrypt(ciphertext)
console.log(Buffer.from(opened.plaintext).equals(plaintext) ? 'intact' : 'damaged')
