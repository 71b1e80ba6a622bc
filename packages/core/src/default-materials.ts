import type { KeyObject } from 'node:crypto'
import { contextFromEntries, type EncryptionContext, PUBLIC_KEY_FIELD, serialiseContext } from './encryption-context.ts'
import { messageInvalid } from './esdk/message-invalid.ts'
import type { CallOptions, Keyring, WrapRequest } from './keyring.ts'
import type { DecryptMaterials, DecryptRequest, EncryptMaterials, EncryptRequest, Materials } from './materials.ts'
import { generateSigningKey, parseVerificationKey } from './signature.ts'
import type { Suite } from './suite.ts'
import { unwrapDataKey } from './unwrap-data-key.ts'
import { wrapDataKey } from './wrap-data-key.ts'

/**
 * The default materials manager: a fresh data key from the keyring for each request, a fresh key pair for signing suites.
 *
 * Source: specification, "Default CMM".
 */
export function defaultMaterials(keyring: Keyring): Materials {
  return {
    async forEncrypt(request: EncryptRequest): Promise<EncryptMaterials> {
      const { suite } = request
      let { context } = request
      let signingKey: KeyObject | undefined
      if (suite.signature !== undefined) {
        const pair = await generateSigningKey(suite.signature)
        signingKey = pair.signingKey
        context = contextFromEntries([...Object.entries(context), [PUBLIC_KEY_FIELD, pair.publicKey]])
      }
      const wrapped = await wrapDataKey(keyring, wrapRequest(suite, context, request))
      const { secret: dataKey, edks, macKeys } = wrapped
      return { suite, context, requiredKeys: request.requiredKeys ?? [], dataKey, edks, signingKey, ...(macKeys ? { macKeys } : {}) }
    },

    async forDecrypt(request: DecryptRequest): Promise<DecryptMaterials> {
      const { suite } = request
      const verificationKey = readVerificationKey(request)
      const requiredKeys = missingRequiredKeys(request)
      const context = withReproduced(request, requiredKeys)
      const opened = await unwrapDataKey(keyring, request.edks, suite.dataKeyLength, wrapRequest(suite, context, request))
      const { secret: dataKey, macKey, edk, keyId } = opened
      return { suite, context, requiredKeys, dataKey, verificationKey, openedBy: { edk, keyId }, ...(macKey ? { macKey } : {}) }
    },
  }
}

function wrapRequest(suite: Suite, context: EncryptionContext, call: CallOptions): WrapRequest {
  return { suite, context, aad: serialiseContext(context), signal: call.signal, observer: call.observer }
}

/** A signing suite without a public key is "half-signed", and so is a public key without a signing suite: neither is accepted. */
export function readVerificationKey(request: DecryptRequest): KeyObject | undefined {
  const { signature } = request.suite
  const publicKey = request.context[PUBLIC_KEY_FIELD]
  if (signature === undefined && publicKey === undefined) return undefined
  const key = signature !== undefined && publicKey !== undefined ? parseVerificationKey(signature, publicKey) : undefined
  if (key === undefined) throw messageInvalid()
  return key
}

/** The required keys whose pairs the message does not store, so that the reader's own are taken. */
export function missingRequiredKeys(request: DecryptRequest): readonly string[] {
  const { reproduced, requiredKeys } = request
  if (reproduced === undefined || requiredKeys === undefined) return []
  return requiredKeys.filter((key) => key in reproduced && !(key in request.context))
}

/** The stored context with the reader's own pairs of these keys. */
export function withReproduced(request: DecryptRequest, keys: readonly string[]): EncryptionContext {
  if (keys.length === 0) return request.context
  const { reproduced } = request
  // A message that stores nothing is bound to what its reader reproduces, and to no more: a copy of that would be the same.
  if (reproduced !== undefined && isOwn(reproduced) && Object.keys(request.context).length === 0) {
    if (Object.keys(reproduced).length === keys.length) return reproduced
  }
  const added = keys.map((key): [string, string] => [key, request.reproduced?.[key] as string])
  return contextFromEntries([...Object.entries(request.context), ...added])
}

/** Whether a context is one that the core made: it cannot change, and inherits nothing. */
function isOwn(context: EncryptionContext): boolean {
  return Object.isFrozen(context) && Object.getPrototypeOf(context) === null
}
