// What a program does with @strongroom/core, however it loaded it.
import assert from 'node:assert/strict'

const encryptionContext = { purpose: 'orders' }

/** @param {typeof import('@strongroom/core')} core */
export async function checkCore(core) {
  const plaintext = new TextEncoder().encode('two pairs of boots')
  const recovery = await core.generateRsaKeyPair()
  const keyring = core.multiKeyring({
    generator: core.rawAesKeyring({ namespace: 'example', name: 'kek', key: core.generateAesKey() }),
    children: [core.rawRsaKeyring({ namespace: 'example', name: 'recovery', padding: 'OAEP_SHA256', ...recovery })],
  })

  // The default suite signs: every primitive that the package uses runs.
  const client = core.createEncryptionClient({ keyring, cache: { maxAgeMs: 60_000 } })
  const { ciphertext, suite } = await client.encrypt(plaintext, { encryptionContext })
  assert.equal(suite, '0578')
  const opened = await client.decrypt(ciphertext, { encryptionContext })
  assert.deepEqual(Buffer.from(opened.plaintext), Buffer.from(plaintext))
  assert.equal(opened.openedBy.keyId, 'kek')

  const stream = new Blob([plaintext]).stream().pipeThrough(client.encryptStream({ encryptionContext }))
  const streamed = await new Response(stream.pipeThrough(client.decryptStream({ encryptionContext }))).bytes()
  assert.deepEqual(Buffer.from(streamed), Buffer.from(plaintext))

  const forged = Uint8Array.from(ciphertext)
  forged[forged.length - 1] ^= 1
  await assert.rejects(client.decrypt(forged, { encryptionContext }), (error) => core.isStrongroomError(error, 'MESSAGE_INVALID'))
  await assert.rejects(client.decrypt(ciphertext, { encryptionContext: { purpose: 'returns' } }), { code: 'CONTEXT_MISMATCH' })
  assert.throws(() => core.createEncryptionClient({ keyring, cahce: { maxAgeMs: 60_000 } }), { code: 'OPTION_INVALID' })

  const secret = core.SecretBytes.copyOf(plaintext)
  assert.equal(JSON.stringify({ secret }), '{"secret":"[SecretBytes 18]"}')
  secret[Symbol.dispose]()
  assert.throws(() => secret.use((bytes) => bytes.length), { code: 'SECRET_DISPOSED' })
}
