import { ServiceError } from '../endpoint/service-error.ts'

export function notFound(message: string): ServiceError {
  return new ServiceError('NotFoundException', message)
}

export function disabled(keyArn: string): ServiceError {
  return new ServiceError('DisabledException', `${keyArn} is disabled.`)
}

export function invalidState(keyArn: string, state: string): ServiceError {
  return new ServiceError('KMSInvalidStateException', `${keyArn} is ${state}.`)
}

/** AWS gives no reason, so that a forger learns nothing. */
export function invalidCiphertext(): ServiceError {
  return new ServiceError('InvalidCiphertextException', '')
}

export function incorrectKey(): ServiceError {
  return new ServiceError('IncorrectKeyException', 'The key ID in the request does not identify a CMK that can perform this operation.')
}

export function invalidKeyUsage(keyArn: string, algorithm: string): ServiceError {
  return new ServiceError('InvalidKeyUsageException', `Algorithm ${algorithm} is incompatible with the key spec of ${keyArn}.`)
}

export function validation(message: string): ServiceError {
  return new ServiceError('ValidationException', message)
}

export function unsupported(what: string): ServiceError {
  return new ServiceError('UnsupportedOperationException', `The embedded KMS does not serve ${what}.`)
}
