/** Ends streams early in one of several ways and tells what is still open. Nothing here ends the process: it ends when nothing is open. */
import { createEncryptionClient, generateAesKey, rawAesKeyring } from '@strongroom/core'

const [how = ''] = process.argv.slice(2)
const keyring = rawAesKeyring({ namespace: 'handles', name: 'kek', key: generateAesKey() })
// Signed, so that key generation and signing on the thread pool are part of it.
const client = createEncryptionClient({ keyring, suite: '0578', frameLength: 40_000 })
const { ciphertext } = await client.encrypt(new Uint8Array(1_000_000))
const before = process.getActiveResourcesInfo().sort()
const reason = new Error('enough')

for (const method of ['encryptStream', 'decryptStream'] as const) {
  const abort = new AbortController()
  const { readable, writable } = client[method]({ signal: abort.signal })
  const writer = writable.getWriter()
  const reader = readable.getReader()
  const writing = writer.write(ciphertext).catch(() => undefined)
  // Forgotten: neither end is read nor closed.
  if (how === 'forgotten') continue
  await reader.read()
  if (how === 'abort') await writer.abort(reason)
  if (how === 'cancel') await reader.cancel(reason)
  if (how === 'signal') abort.abort(reason)
  await writing
  await reader.closed.catch(() => undefined)
  await writer.closed.catch(() => undefined)
}

// What ran on the thread pool has come back by the time that the event loop has gone round.
for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1))
const after = process.getActiveResourcesInfo().filter((name) => name !== 'Timeout')
for (const name of before) if (after.includes(name)) after.splice(after.indexOf(name), 1)
console.log(`${how}: ${JSON.stringify(after)}`)
