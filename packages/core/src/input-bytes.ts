import { StrongroomError } from './errors.ts'

/**
 * The value, which must be bytes of this thread alone.
 *
 * @throws `INPUT_INVALID`
 */
export function assertBytes(name: string, value: unknown): Uint8Array {
  if (value instanceof Uint8Array && !(value.buffer instanceof SharedArrayBuffer)) return value
  const remedy =
    typeof value === 'string'
      ? 'encode the string, for example with new TextEncoder().encode(text)'
      : 'give a Uint8Array over an ArrayBuffer of its own'
  throw new StrongroomError('INPUT_INVALID', `${name} must be a Uint8Array that is not shared between threads: ${remedy}.`, {
    option: name,
  })
}
