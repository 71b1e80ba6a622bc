import type { JsonWebKey } from 'node:crypto'
import { open } from 'node:fs/promises'
import { StrongroomError } from '../errors.ts'
import type { AesKeyInput } from '../keys/aes-key.ts'
import type { AsymmetricKeyInput } from '../keys/asymmetric-key.ts'

/** Reads the whole of a file; the receiver wipes what it answers. */
export type FileReader = (path: string) => Promise<Uint8Array>

/** Bytes; more is no key. */
const MAX_KEY_FILE = 65_536

/** How the bytes of an AES key stand in a file. */
export const aesEncodings = ['raw', 'hex', 'base64', 'jwk'] as const
export type AesEncoding = (typeof aesEncodings)[number]

/**
 * Reads a key file from disk.
 *
 * @throws `KEY_INVALID` where it cannot be read, or has more than 64 KiB.
 */
export async function readKeyFile(path: string): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(MAX_KEY_FILE + 1)
  try {
    await using file = await open(path)
    let length = 0
    // A pipe or a device gives what it has, piece by piece.
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      read = (await file.read(buffer, length, buffer.length - length)).bytesRead
    }
    if (length <= MAX_KEY_FILE) return Uint8Array.from(buffer.subarray(0, length))
  } catch (cause) {
    const code = (cause as { code?: unknown }).code
    throw new StrongroomError('KEY_INVALID', `The key file ${JSON.stringify(path)} cannot be read (${String(code)}).`, {
      option: 'file',
      cause,
    })
  } finally {
    buffer.fill(0)
  }
  throw fileInvalid(path, `has more than ${MAX_KEY_FILE} bytes`)
}

/** An AES key from a file's bytes, which are wiped. Without an encoding, a file that starts with a brace is a JWK, and any other is raw. */
export function aesKeyOf(path: string, bytes: Uint8Array, encoding: AesEncoding | undefined): AesKeyInput {
  const chosen = encoding ?? (bytes[0] === 0x7b ? 'jwk' : 'raw')
  if (chosen === 'jwk') return jwkOf(path, bytes)
  if (chosen === 'raw') {
    // A key of the CSPRNG is text once in 10^9 times for 16 bytes: what is text was meant to be decoded, and is as long as another key by chance.
    if (encoding === undefined && bytes.every((byte) => byte >= 0x20 && byte < 0x7f)) {
      bytes.fill(0)
      throw fileInvalid(path, 'holds text, not the bytes of a key; say encoding=base64 or encoding=hex, or encoding=raw if it is the key')
    }
    return bytes
  }
  const text = textOf(bytes)
  const key = Buffer.from(text, chosen)
  if (key.toString(chosen) !== (chosen === 'hex' ? text.toLowerCase() : text)) throw fileInvalid(path, `is not ${chosen}`)
  return Uint8Array.from(key)
}

/** Half of an asymmetric key from a file's bytes: PEM, JWK or DER. */
export function asymmetricKeyOf(path: string, bytes: Uint8Array): AsymmetricKeyInput {
  if (bytes[0] === 0x7b) return jwkOf(path, bytes)
  return Buffer.from(bytes).includes('-----BEGIN ') ? textOf(bytes) : bytes
}

/** A passphrase from a file's bytes, which are wiped: its first line. */
export function passphraseOf(bytes: Uint8Array): string {
  return textOf(bytes).split(/\r?\n/, 1)[0] as string
}

function jwkOf(path: string, bytes: Uint8Array): JsonWebKey {
  let parsed: unknown
  try {
    parsed = JSON.parse(textOf(bytes))
  } catch {
    // Not kept as the cause: the parser's message shows a part of its input.
  }
  if (typeof parsed === 'object' && parsed !== null) return parsed as JsonWebKey
  throw fileInvalid(path, 'is not a JWK')
}

function textOf(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8').trim()
  bytes.fill(0)
  return text
}

function fileInvalid(path: string, what: string): StrongroomError {
  return new StrongroomError('KEY_INVALID', `The key file ${JSON.stringify(path)} ${what}.`, { option: 'file' })
}
