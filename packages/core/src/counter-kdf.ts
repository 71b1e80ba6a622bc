import { createHmac } from 'node:crypto'
import { Hmac, MAX_DATA_BYTES } from './esdk/hmac.ts'
import type { SecretBytes } from './secret-bytes.ts'

/** Every call is synchronous, so that one of each serves all. */
const hmacs = { sha256: /* @__PURE__ */ new Hmac('sha256'), sha384: /* @__PURE__ */ new Hmac('sha384') }
/** Keys up to this length are no longer than the block of either hash. */
const SHORT_KEY = 64

/**
 * The counter-mode key derivation of NIST SP 800-108 with HMAC: block i, from 1, is HMAC(key, i(4) | label | 00 | context | bits asked for(4)).
 *
 * The caller wipes what it answers.
 */
export function counterKdf(
  hash: 'sha256' | 'sha384',
  key: SecretBytes,
  label: Uint8Array,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const out = new Uint8Array(length)
  const input = Buffer.alloc(4 + label.length + 1 + context.length + 4)
  input.set(label, 4)
  input.set(context, 4 + label.length + 1)
  input.writeUInt32BE(length * 8, input.length - 4)
  if (key.length <= SHORT_KEY && input.length <= MAX_DATA_BYTES) derive(out, input, hmacs[hash], key)
  // A KeyObject, made once for each secret, costs a fifth of raw bytes on Node 24.
  else fill(out, input, (data) => createHmac(hash, key.keyObject()).update(data).digest())
  return out
}

/** What a branch key derives for each message: with one-shot digests that leave nothing behind, for the sake of speed. */
function derive(out: Uint8Array, input: Buffer, hmac: Hmac, key: SecretBytes): void {
  try {
    key.use((bytes) => hmac.key(bytes))
    fill(out, input, (data) => hmac.of(data))
  } finally {
    hmac.wipe()
  }
}

function fill(out: Uint8Array, input: Buffer, hmacOf: (data: Uint8Array) => Uint8Array): void {
  for (let at = 0, block = 1; at < out.length; block += 1) {
    input.writeUInt32BE(block)
    const mac = hmacOf(input)
    out.set(mac.subarray(0, out.length - at), at)
    at += mac.length
    mac.fill(0)
  }
}
