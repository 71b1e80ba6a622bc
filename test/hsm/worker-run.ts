/** A worker thread that uses the token of its parent's process, and says when it does; it closes its own when it is told to. */
import { parentPort, workerData } from 'node:worker_threads'
import { createEncryptionClient } from '@strongroom/core'
import { keyringOf, openSpec, type TokenSpec } from './token-spec.ts'

const token = openSpec(workerData as TokenSpec)
const client = createEncryptionClient({ keyring: keyringOf(token) })
let goesOn = true
parentPort?.once('message', () => {
  goesOn = false
})
for (let round = 0; goesOn; round += 1) {
  const work = Array.from({ length: 8 }, async () => {
    const { ciphertext } = await client.encrypt(Buffer.from('of a worker'))
    await client.decrypt(ciphertext)
  })
  await Promise.all(work)
  if (round === 2) parentPort?.postMessage('working')
  // Lets messages come in.
  await new Promise((resolve) => setImmediate(resolve))
}
await token.close()
parentPort?.postMessage('done')
