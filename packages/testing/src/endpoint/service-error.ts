/** An error that an embedded endpoint answers in AWS's shape: `__type`, `message`, an HTTP status. */
export class ServiceError extends Error {
  override readonly name: string
  readonly status: number

  constructor(name: string, message: string, status = 400) {
    super(message)
    this.name = name
    this.status = status
  }
}

/** The error AWS answers when an input breaks a constraint of the API model. */
export function validationError(member: string, constraint: string): ServiceError {
  return new ServiceError(
    'ValidationException',
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: ${constraint}`,
  )
}
