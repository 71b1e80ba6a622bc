import { ServiceError } from '../endpoint/service-error.ts'

export function resourceNotFound(message: string): ServiceError {
  return new ServiceError('ResourceNotFoundException', message)
}

export function resourceInUse(message: string): ServiceError {
  return new ServiceError('ResourceInUseException', message)
}

export function invalidArgument(message: string): ServiceError {
  return new ServiceError('InvalidArgumentException', message)
}

export function throughputExceeded(message: string): ServiceError {
  return new ServiceError('ProvisionedThroughputExceededException', message)
}
