/**
 * Encrypts or decrypts a file into another and tells what memory that took: a program of its own, so that nothing else is in its memory.
 *
 *     node --conditions=@strongroom/source test/streams/memory-run.ts <encrypt | decrypt> <suite> <from> <to>
 */
import { createReadStream, createWriteStream } from 'node:fs'
import { Duplex, PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createEncryptionClient, type EncryptionClient, rawAesKeyring, type SuiteId } from '@strongroom/core'

const [way, suite, from, to] = process.argv.slice(2) as ['encrypt' | 'decrypt', SuiteId, string, string]
// One run of this program reads what another wrote.
const keyring = rawAesKeyring({ namespace: 'memory', name: 'kek', key: new Uint8Array(32).fill(7) })
const client: EncryptionClient = createEncryptionClient({ keyring, suite })
const duplex = () => Duplex.fromWeb(way === 'encrypt' ? client.encryptStream() : client.decryptStream())

// Idle is what the program has when everything is loaded and has run once.
const { ciphertext } = await client.encrypt(new Uint8Array(100_000))
await pipeline(Readable.from([way === 'encrypt' ? new Uint8Array(100_000) : ciphertext]), duplex(), new PassThrough().resume())

const idle = process.memoryUsage.rss()
let most = idle
const look = () => {
  most = Math.max(most, process.memoryUsage.rss())
}
const watch = setInterval(look, 5)
await pipeline(createReadStream(from), duplex(), createWriteStream(to))
clearInterval(watch)
look()
console.log(JSON.stringify({ idleMiB: Math.round(idle / 2 ** 20), overIdleMiB: Math.round((most - idle) / 2 ** 20) }))
