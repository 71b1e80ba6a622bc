import type { Input } from '../endpoint/input.ts'
import { ServiceError } from '../endpoint/service-error.ts'
import type { GrantStore } from './grant-store.ts'
import type { KeyUsage } from './key-spec.ts'
import { invalidKeyUsage, unsupported } from './kms-errors.ts'
import type { KmsKey } from './kms-key.ts'

/** Throws InvalidKeyUsageException where a key is not for this, or not with this algorithm. */
export function requireUse(key: KmsKey, usage: KeyUsage, algorithm: string): void {
  if (key.usage !== usage || !key.algorithms.includes(algorithm)) throw invalidKeyUsage(key.arn, algorithm)
}

/** What every cryptographic operation checks last: AWS answers DryRunOperationException only where the call would have succeeded. */
export function finishChecks(input: Input, grants: GrantStore): void {
  refuseUnserved(input)
  grants.requireTokens(input.stringList('GrantTokens', { max: 10 }))
  if (input.optionalBoolean('DryRun') === true) {
    throw new ServiceError('DryRunOperationException', 'The request would have succeeded, but the DryRun option is set.', 412)
  }
}

/** Members of AWS's requests that are not modelled. */
export function refuseUnserved(input: Input): void {
  if (input.has('Recipient')) throw unsupported('attested recipients (Recipient)')
  if (input.has('CustomKeyStoreId')) throw unsupported('custom key stores (CustomKeyStoreId)')
}
