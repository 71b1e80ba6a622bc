/** The parts of a stream's ARN that tell streams apart. */
export interface StreamArn {
  /** The ARN of the stream itself, also where that of one of its consumers was given. */
  readonly arn: string
  readonly name: string
}

/** What AWS allows as the name of a stream. */
export const STREAM_NAME: RegExp = /^[a-zA-Z0-9_.-]{1,128}$/

const ARN = /^(arn:[a-z0-9-]+:kinesis:[a-z0-9-]+:\d{12}:stream\/([a-zA-Z0-9_.-]{1,128}))(?:\/consumer\/[a-zA-Z0-9_.-]{1,128}(?::\d+)?)?$/

/** Reads the ARN of a stream or of one of its consumers (`…/consumer/NAME:TIME`); undefined for anything else. */
export function parseStreamArn(text: string): StreamArn | undefined {
  const [, arn, name] = ARN.exec(text) ?? []
  return arn === undefined || name === undefined ? undefined : { arn, name }
}
