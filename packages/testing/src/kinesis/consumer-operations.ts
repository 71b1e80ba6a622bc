import type { Operation } from '../endpoint/aws-json-service.ts'
import type { Environment } from '../endpoint/endpoint.ts'
import type { Input, JsonObject } from '../endpoint/input.ts'
import { invalidArgument, resourceInUse, resourceNotFound } from './kinesis-errors.ts'
import type { Consumer, Stream } from './stream.ts'
import type { StreamStore } from './stream-store.ts'

const NAME = { min: 1, max: 128, pattern: /^[a-zA-Z0-9_.-]+$/ } as const

/** The registration of consumers with enhanced fan-out. */
export function consumerOperations({ clock }: Environment, streams: StreamStore): readonly (readonly [string, Operation])[] {
  function named(input: Input): { stream: Stream; consumer: Consumer } {
    const arn = input.optionalString('ConsumerARN', { min: 1, max: 2048 })
    const stream = arn === undefined ? streams.named(input) : streams.byArn(arn.replace(/\/consumer\/.*$/, ''))
    const name = arn === undefined ? input.optionalString('ConsumerName', NAME) : undefined
    if (arn === undefined && name === undefined) throw invalidArgument('Either ConsumerARN or StreamARN and ConsumerName must be given.')
    const consumer = [...stream.consumers.values()].find((each) => each.arn === arn || each.name === name)
    if (consumer === undefined) throw resourceNotFound(`Consumer ${arn ?? name} not found.`)
    return { stream, consumer }
  }

  return [
    [
      'RegisterStreamConsumer',
      (input) => {
        const stream = streams.named(input)
        const name = input.string('ConsumerName', NAME)
        if (stream.consumers.has(name)) throw resourceInUse(`Consumer ${name} of stream ${stream.name} already exists.`)
        const createdAt = clock()
        const consumer: Consumer = { name, arn: `${stream.arn}/consumer/${name}:${Math.floor(createdAt / 1000)}`, createdAt }
        stream.consumers.set(name, consumer)
        return { Consumer: consumerJson(consumer) }
      },
    ],
    [
      'DescribeStreamConsumer',
      (input) => {
        const { stream, consumer } = named(input)
        return { ConsumerDescription: { ...consumerJson(consumer), StreamARN: stream.arn } }
      },
    ],
    ['ListStreamConsumers', (input) => ({ Consumers: [...streams.named(input).consumers.values()].map(consumerJson) })],
    [
      'DeregisterStreamConsumer',
      (input) => {
        const { stream, consumer } = named(input)
        stream.consumers.delete(consumer.name)
        return {}
      },
    ],
  ]
}

function consumerJson({ name, arn, createdAt }: Consumer): JsonObject {
  return { ConsumerName: name, ConsumerARN: arn, ConsumerStatus: 'ACTIVE', ConsumerCreationTimestamp: createdAt / 1000 }
}
