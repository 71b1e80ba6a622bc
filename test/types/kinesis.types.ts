// Configurations of the Kinesis adapter that cannot work do not compile. Every complaint has to be about what its comment names first.
import { KinesisClient } from '@aws-sdk/client-kinesis'
import type { Keyring, Materials } from '@strongroom/core'
import { type KinesisEncryptionConfig, kinesisEncryption, withEncryption } from '@strongroom/kinesis'

declare const keyring: Keyring
declare const materials: Materials
const client = new KinesisClient({})
const cache = { maxAgeMs: 300_000 }
const streams = { orders: {} }

export function configurations(): void {
  withEncryption(client, { keyring, cache, streams })
  withEncryption(client, { keyring, uncached: true, streams: new Map([['orders', { maxRecordBytes: 10_485_760 }]]) })
  withEncryption(client, { materials, streams, onRejected: 'skip' })
  // @ts-expect-error cache: whether every record costs a call to the key service has to be said
  withEncryption(client, { keyring, streams })
  // @ts-expect-error 'true': it is one of the two
  withEncryption(client, { keyring, cache, uncached: true, streams })
  // @ts-expect-error 'false': it is true or left out
  withEncryption(client, { keyring, uncached: false, streams })
  // @ts-expect-error materials: it is one of the two
  withEncryption(client, { keyring, materials, cache, streams })
  // @ts-expect-error cache: whether materials are cached is their matter
  withEncryption(client, { materials, cache, streams })
  // @ts-expect-error 'true': whether materials are cached is their matter
  withEncryption(client, { materials, uncached: true, streams })
  // @ts-expect-error keyring: there are no data keys
  withEncryption(client, { streams })
  // @ts-expect-error streams: nothing would be encrypted
  withEncryption(client, { keyring, cache })
  // @ts-expect-error string: names are keys of an object
  withEncryption(client, { keyring, cache, streams: ['orders'] })
  // @ts-expect-error maxRecordByte: an option that is dropped for a typing error is a hole
  withEncryption(client, { keyring, cache, streams: { orders: { maxRecordByte: 1024 } } })
  // @ts-expect-error ignore: other streams are refused, or pass
  kinesisEncryption({ keyring, cache, streams, otherStreams: 'ignore' })
  // @ts-expect-error drop: records are not lost in silence
  kinesisEncryption({ keyring, cache, streams, onRejected: 'drop' })
}

export function clients(config: KinesisEncryptionConfig): void {
  class Traced extends KinesisClient {
    readonly trace: string = 'on'
  }
  const traced: string = withEncryption(new Traced({}), config).trace
  traced.trim()
  // @ts-expect-error KinesisClient: records are encrypted under a client of Kinesis
  withEncryption({ send: async () => ({}) }, config)
}
