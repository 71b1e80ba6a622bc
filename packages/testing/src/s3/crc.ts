/** A running checksum. */
export interface Hasher {
  update(bytes: Uint8Array): void
  digest(): Uint8Array
}

const CRC32C_TABLE = tableOf(0x82f63b78)
// The halves of the reflected polynomial 0x9a6c9329ac4bc9b5.
const [CRC64_HIGH, CRC64_LOW] = wideTableOf(0x9a6c9329, 0xac4bc9b5)

function tableOf(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, index) => {
    let value = index
    for (let bit = 0; bit < 8; bit += 1) value = (value & 1) === 1 ? (value >>> 1) ^ polynomial : value >>> 1
    return value
  })
}

function wideTableOf(polynomialHigh: number, polynomialLow: number): readonly [Uint32Array, Uint32Array] {
  const highs = new Uint32Array(256)
  const lows = new Uint32Array(256)
  for (let index = 0; index < 256; index += 1) {
    let high = 0
    let low = index
    for (let bit = 0; bit < 8; bit += 1) {
      const odd = (low & 1) === 1
      low = (low >>> 1) | ((high & 1) << 31)
      high >>>= 1
      if (!odd) continue
      high ^= polynomialHigh
      low ^= polynomialLow
    }
    highs[index] = high
    lows[index] = low
  }
  return [highs, lows]
}

/** CRC-32C (Castagnoli), which Node does not have. */
export function crc32c(): Hasher {
  let crc = 0xffffffff
  return {
    update: (bytes) => {
      let value = crc
      for (let index = 0; index < bytes.length; index += 1) {
        value = (CRC32C_TABLE[(value ^ (bytes[index] ?? 0)) & 0xff] ?? 0) ^ (value >>> 8)
      }
      crc = value
    },
    digest: () => {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(~crc >>> 0)
      return bytes
    },
  }
}

/** CRC-64/NVME, what S3 computes where the client sent no checksum. */
export function crc64nvme(): Hasher {
  let [high, low] = [0xffffffff, 0xffffffff]
  return {
    update: (bytes) => {
      let [h, l] = [high, low]
      for (let index = 0; index < bytes.length; index += 1) {
        const entry = (l ^ (bytes[index] ?? 0)) & 0xff
        l = (((l >>> 8) | (h << 24)) >>> 0) ^ (CRC64_LOW[entry] ?? 0)
        h = (h >>> 8) ^ (CRC64_HIGH[entry] ?? 0)
      }
      high = h >>> 0
      low = l >>> 0
    },
    digest: () => {
      const bytes = Buffer.alloc(8)
      bytes.writeUInt32BE(~high >>> 0)
      bytes.writeUInt32BE(~low >>> 0, 4)
      return bytes
    },
  }
}
