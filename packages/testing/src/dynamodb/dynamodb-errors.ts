import type { JsonObject } from '../endpoint/input.ts'
import { ServiceError } from '../endpoint/service-error.ts'

export function invalid(message: string): ServiceError {
  return new ServiceError('ValidationException', message)
}

export function tableNotFound(name: string): ServiceError {
  return new ServiceError('ResourceNotFoundException', `Requested resource not found: Table: ${name} not found`)
}

export function throughputExceeded(): ServiceError {
  return new ServiceError(
    'ProvisionedThroughputExceededException',
    'The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.',
  )
}

/** Why an action of a transaction was not carried out; `None` where nothing was wrong with it. */
export interface CancellationReason extends JsonObject {
  readonly Code: string
  readonly Message?: string
  readonly Item?: JsonObject
}

export function transactionCanceled(reasons: readonly CancellationReason[]): ServiceError {
  const codes = reasons.map(({ Code }) => Code).join(', ')
  return new ServiceError(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    400,
    { CancellationReasons: reasons },
  )
}
