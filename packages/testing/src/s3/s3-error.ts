import { ServiceError } from '../endpoint/service-error.ts'

/** An error in S3's shape: a code, a message, and elements and headers of its own. */
export class S3Error extends ServiceError {
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: string,
    message: string,
    status = 400,
    details: Readonly<Record<string, string | number>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(code, message, status, details)
    this.headers = headers
  }
}

export function noSuchBucket(name: string): S3Error {
  return new S3Error('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: name })
}

export function noSuchKey(key: string, headers: Readonly<Record<string, string>> = {}): S3Error {
  return new S3Error('NoSuchKey', 'The specified key does not exist.', 404, { Key: key }, headers)
}

export function noSuchUpload(uploadId: string): S3Error {
  return new S3Error(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    404,
    { UploadId: uploadId },
  )
}

export function preconditionFailed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412, { Condition: condition })
}

export function invalidArgument(name: string, value: string, message: string): S3Error {
  return new S3Error('InvalidArgument', message, 400, { ArgumentName: name, ArgumentValue: value })
}

export function invalidRequest(message: string): S3Error {
  return new S3Error('InvalidRequest', message)
}

export function malformedXml(): S3Error {
  return new S3Error('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema')
}

export function invalidObjectState(storageClass: string, message: string): S3Error {
  return new S3Error('InvalidObjectState', message, 403, { StorageClass: storageClass })
}
