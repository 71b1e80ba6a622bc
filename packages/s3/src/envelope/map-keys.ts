/**
 * Names of the envelope's entries: S3 user metadata (`x-amz-meta-` before each on the wire), or members of an instruction file's JSON object.
 *
 *     V1: x-amz-key x-amz-iv x-amz-matdesc
 *     V2: x-amz-key-v2 x-amz-iv x-amz-wrap-alg x-amz-cek-alg x-amz-tag-len x-amz-matdesc
 *     V3: x-amz-c (content algorithm) x-amz-d (key commitment) x-amz-i (message id), always with the object;
 *         x-amz-3 (wrapped data key) x-amz-w (wrap algorithm) x-amz-t (encryption context) x-amz-m (materials description)
 *     any: x-amz-unencrypted-content-length, x-amz-unencrypted-content-md5 (no longer written: it tells of the plaintext)
 *     ESDK messages: strongroom-format
 *
 * Source: S3 Encryption Client specification, "Content Metadata".
 */

/** Entries of a V1 envelope. */
export const v1Keys = ['x-amz-key', 'x-amz-iv', 'x-amz-matdesc'] as const
/** Entries of a V2 envelope. */
export const v2Keys = ['x-amz-key-v2', 'x-amz-iv', 'x-amz-wrap-alg', 'x-amz-cek-alg', 'x-amz-tag-len', 'x-amz-matdesc'] as const
/** Entries of a V3 envelope that an instruction file must not have: they bind the body to its key. */
export const v3ObjectKeys = ['x-amz-c', 'x-amz-d', 'x-amz-i'] as const
/** Entries of a V3 envelope that may be in an instruction file instead. */
export const v3WrapKeys = ['x-amz-3', 'x-amz-w', 'x-amz-t', 'x-amz-m'] as const
/** Bytes of the plaintext, as the writer says. Not authenticated. */
export const PLAINTEXT_LENGTH = 'x-amz-unencrypted-content-length'
/** Digest of the plaintext, which old clients wrote. */
const PLAINTEXT_MD5 = 'x-amz-unencrypted-content-md5'
/** Marks an object as an instruction file. */
export const INSTRUCTION_FILE = 'x-amz-crypto-instr-file'
/** Says that the body is a message of the AWS Encryption SDK. */
export const FORMAT = 'strongroom-format'
/** Its value. */
export const ESDK_FORMAT = 'esdk'

/** Entries that go with any format, and decide nothing. */
const neutralKeys: readonly string[] = [PLAINTEXT_LENGTH, PLAINTEXT_MD5, INSTRUCTION_FILE]

const envelopeKeys: ReadonlySet<string> = new Set([...v1Keys, ...v2Keys, ...v3ObjectKeys, ...v3WrapKeys])
const reserved: ReadonlySet<string> = new Set([...envelopeKeys, ...neutralKeys, FORMAT])

/** Whether an entry is part of an envelope, and decides how an object is read. */
export function isEnvelopeKey(name: string): boolean {
  return envelopeKeys.has(name)
}

/** Whether metadata of the caller's own may not have this name. */
export function isReservedKey(name: string): boolean {
  return reserved.has(name.toLowerCase())
}
