import { readFileSync } from 'node:fs'
import { createEncryptionClient, rawEcdhKeyring } from '@strongroom/core'
import { describe, expect, it } from 'vitest'

interface Vectors {
  readonly encryptionContext: Record<string, string>
  readonly messages: readonly {
    readonly curve: 'P-256' | 'P-384' | 'P-521'
    readonly schema: 'static' | 'ephemeral'
    readonly suite: string
    readonly senderPrivateKey: string
    readonly senderPublicKey: string
    readonly recipientPrivateKey: string
    readonly recipientPublicKey: string
    readonly ciphertext: string
  }[]
}

// Written once with the official Python client, which the file names: there are no official vectors for ECDH. The keys open nothing else.
const { encryptionContext, messages } = JSON.parse(readFileSync(new URL('raw-ecdh-python.json', import.meta.url), 'utf8')) as Vectors

describe('messages of the Encryption SDK for Python under raw ECDH keyrings', () => {
  it.each(messages)('opens $curve $schema $suite with every keyring that may', async ({ curve, schema, suite, ciphertext, ...keys }) => {
    const { senderPrivateKey, senderPublicKey, recipientPrivateKey, recipientPublicKey } = keys
    const readers = [rawEcdhKeyring({ schema: 'discovery', curve, privateKey: recipientPrivateKey })]
    if (schema === 'static') {
      readers.push(rawEcdhKeyring({ schema, curve, privateKey: senderPrivateKey, recipientPublicKey }))
      readers.push(rawEcdhKeyring({ schema, curve, privateKey: recipientPrivateKey, recipientPublicKey: senderPublicKey }))
    }
    for (const keyring of readers) {
      const opened = await createEncryptionClient({ keyring }).decrypt(Buffer.from(ciphertext, 'base64'), { encryptionContext })
      expect(Buffer.from(opened.plaintext).toString()).toBe(`${curve} ${schema}`)
      expect(opened.suite).toBe(suite)
    }
  })
})
