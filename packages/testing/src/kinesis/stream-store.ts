import type { Environment } from '../endpoint/endpoint.ts'
import type { Input } from '../endpoint/input.ts'
import { invalidArgument, resourceInUse, resourceNotFound } from './kinesis-errors.ts'
import { Stream, type StreamInit } from './stream.ts'

/** The streams of one account and region. */
export class StreamStore {
  readonly #environment: Environment
  readonly #streams = new Map<string, Stream>()

  constructor(environment: Environment) {
    this.#environment = environment
  }

  /** By name, as ListStreams answers them. */
  get all(): readonly Stream[] {
    return [...this.#streams.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  create(init: StreamInit): Stream {
    if (this.#streams.has(init.name)) {
      throw resourceInUse(`Stream ${init.name} under account ${this.#environment.accountId} already exists.`)
    }
    const stream = new Stream(this.#environment, init)
    this.#streams.set(init.name, stream)
    return stream
  }

  delete(stream: Stream): void {
    this.#streams.delete(stream.name)
  }

  byName(name: string): Stream {
    const stream = this.#streams.get(name)
    if (stream === undefined) throw resourceNotFound(`Stream ${name} under account ${this.#environment.accountId} not found.`)
    return stream
  }

  byArn(arn: string): Stream {
    const { region, accountId } = this.#environment
    const match = /^arn:aws[^:]*:kinesis:([^:]*):(\d{12}):stream\/([a-zA-Z0-9_.-]+)$/.exec(arn)
    if (match === null) throw invalidArgument(`${arn} is not a stream ARN`)
    if (match[1] !== region || match[2] !== accountId) throw resourceNotFound(`Stream ${arn} not found.`)
    return this.byName(match[3] ?? '')
  }

  /** The stream a request names by StreamName, StreamARN, or both. */
  named(input: Input): Stream {
    const stream = this.optionallyNamed(input)
    if (stream === undefined) throw invalidArgument('Either StreamName or StreamARN must be given.')
    return stream
  }

  optionallyNamed(input: Input): Stream | undefined {
    const name = input.optionalString('StreamName', { min: 1, max: 128, pattern: /^[a-zA-Z0-9_.-]+$/ })
    const arn = input.optionalString('StreamARN', { min: 1, max: 2048 })
    const byArn = arn === undefined ? undefined : this.byArn(arn)
    if (name === undefined) return byArn
    const byName = this.byName(name)
    if (byArn !== undefined && byArn !== byName) throw invalidArgument('StreamName and StreamARN name different streams.')
    return byName
  }
}
