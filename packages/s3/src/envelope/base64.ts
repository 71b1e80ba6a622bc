import { envelopeInvalid } from '../errors.ts'

/**
 * Bytes in standard base64. Characters that are none of it, missing padding and stray bits are refused: Node.js passes over them, and an entry
 * that was changed would read like the original.
 *
 * @throws `MESSAGE_INVALID`
 */
export function readBase64(name: string, text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw envelopeInvalid(`${name} is not base64`)
  return Uint8Array.from(bytes)
}

/** Bytes in base64, of a fixed length. */
export function readFixed(name: string, text: string, length: number): Uint8Array {
  const bytes = readBase64(name, text)
  if (bytes.length !== length) throw envelopeInvalid(`${name} has ${bytes.length} bytes where ${length} belong`)
  return bytes
}

/** Bytes as base64. */
export function writeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
