import { endianness } from 'node:os'

const little = endianness() === 'LE'

/** A handle or slot id as the binding takes it: eight bytes in the machine's order. */
export function handleBytes(handle: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, handle, little)
  return bytes
}

/** The number in what the binding answers for a handle or slot id. */
export function handleOf(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, little)
}

/** A number (CK_ULONG) as attributes hold it. */
export function ulongOf(bytes: Uint8Array): number {
  return bytes.length === 8
    ? Number(handleOf(bytes))
    : bytes.length === 4
      ? new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, little)
      : 0
}
