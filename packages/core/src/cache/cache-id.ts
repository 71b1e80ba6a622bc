import type { EncryptionContext } from '../encryption-context.ts'
import type { DecryptRequest, EncryptRequest } from '../materials.ts'

/**
 * Cache ids name everything that materials depend on: whose keys (the scope), the direction, suite, policy, required keys, the whole context,
 * and on decrypt every encrypted data key. Two requests share an entry only where their ids are equal, character by character: nothing is hashed,
 * and every part is length-delimited by JSON or by a count.
 */
export function encryptId(scope: string, request: EncryptRequest): string {
  const { suite, commitmentPolicy = '', requiredKeys, context } = request
  const head = `${scope}E${suite.id}${commitmentPolicy}${namesOf(requiredKeys)}`
  return remember(context, context, head, () => head + pairsOf(context))
}

/** The id of a decrypt request; see {@link encryptId}. */
export function decryptId(scope: string, request: DecryptRequest): string {
  const { suite, commitmentPolicy = '', requiredKeys, reproduced, context, edks } = request
  const reproducedPairs = requiredKeys === undefined || reproduced === undefined ? '' : pairsOf(reproduced)
  const head = `${scope}D${suite.id}${commitmentPolicy}${namesOf(requiredKeys)}${reproducedPairs}`
  return remember(edks, context, head, () => {
    let id = head + pairsOf(context)
    for (const { providerId, providerInfo, ciphertext } of edks) {
      id += `${providerId.length},${providerInfo.length},${ciphertext.length}:${providerId}${binary(providerInfo)}${binary(ciphertext)}`
    }
    return id
  })
}

/** The last id that was made of frozen objects, so that a stream of messages with one context makes its id once. */
const memo = new WeakMap<object, { readonly context: EncryptionContext; readonly head: string; readonly id: string }>()

function remember(owner: object, context: EncryptionContext, head: string, make: () => string): string {
  const known = memo.get(owner)
  if (known?.head === head && known.context === context) return known.id
  const id = make()
  if (Object.isFrozen(owner) && Object.isFrozen(context)) memo.set(owner, { context, head, id })
  return id
}

function pairsOf(context: EncryptionContext): string {
  return JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function namesOf(keys: readonly string[] | undefined): string {
  return keys === undefined || keys.length === 0 ? '' : JSON.stringify([...keys].sort())
}

function binary(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
