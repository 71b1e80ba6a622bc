/** An error that an embedded endpoint answers in AWS's shape: `__type`, `message`, an HTTP status. */
export class ServiceError extends Error {
  override readonly name: string
  readonly status: number
  /** Members of the answer beside `__type` and `message`. */
  readonly details: { readonly [name: string]: unknown }

  constructor(name: string, message: string, status = 400, details: { readonly [name: string]: unknown } = {}) {
    super(message)
    this.name = name
    this.status = status
    this.details = details
  }
}

/** The error AWS answers when an input breaks a constraint of the API model. */
export function validationError(member: string, constraint: string): ServiceError {
  return new ServiceError(
    'ValidationException',
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: ${constraint}`,
  )
}
