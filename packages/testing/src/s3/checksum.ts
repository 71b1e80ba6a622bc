import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Content } from './content.ts'
import { crc32c, crc64nvme, type Hasher } from './crc.ts'

/** The checksum algorithms of S3, as in the names of its headers. */
export const ALGORITHMS = ['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'] as const
export type Algorithm = (typeof ALGORITHMS)[number]

/** A checksum of an object or part, in base64; of a composite one, with the number of parts behind a hyphen. */
export interface Checksum {
  readonly algorithm: Algorithm
  readonly value: string
  readonly type: 'FULL_OBJECT' | 'COMPOSITE'
}

/** Bytes in the value of an algorithm. */
export const CHECKSUM_BYTES: Readonly<Record<Algorithm, number>> = { crc32: 4, crc32c: 4, crc64nvme: 8, sha1: 20, sha256: 32 }

export function hasherOf(algorithm: Algorithm | 'md5'): Hasher {
  switch (algorithm) {
    case 'crc32':
      return nativeCrc32()
    case 'crc32c':
      return crc32c()
    case 'crc64nvme':
      return crc64nvme()
    default:
      return createHash(algorithm)
  }
}

function nativeCrc32(): Hasher {
  let crc = 0
  return {
    update: (bytes) => {
      crc = crc32(bytes, crc)
    },
    digest: () => {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(crc)
      return bytes
    },
  }
}

export function hashContent(algorithm: Algorithm | 'md5', { chunks }: Pick<Content, 'chunks'>): Uint8Array {
  const hasher = hasherOf(algorithm)
  for (const chunk of chunks) hasher.update(chunk)
  return hasher.digest()
}

/** The checksum of a whole content. */
export function fullChecksum(algorithm: Algorithm, content: Pick<Content, 'chunks'>): Checksum {
  return { algorithm, value: Buffer.from(hashContent(algorithm, content)).toString('base64'), type: 'FULL_OBJECT' }
}

/** The checksum of the checksums of parts. */
export function compositeChecksum(algorithm: Algorithm, parts: readonly Checksum[]): Checksum {
  const chunks = parts.map(({ value }) => Buffer.from(value, 'base64'))
  const digest = Buffer.from(hashContent(algorithm, { chunks })).toString('base64')
  return { algorithm, value: `${digest}-${parts.length}`, type: 'COMPOSITE' }
}

/** The algorithm that the S3 API names in capitals. */
export function algorithmNamed(name: string | undefined): Algorithm | undefined {
  return ALGORITHMS.find((each) => each.toUpperCase() === name?.toUpperCase())
}
