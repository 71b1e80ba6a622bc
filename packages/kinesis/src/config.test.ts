import { cachingMaterials, generateAesKey, rawAesKeyring } from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { type KinesisEncryptionConfig, resolveConfig } from './config.ts'

const keyring = rawAesKeyring({ namespace: 'lab', name: 'k', key: generateAesKey() })
const materials = cachingMaterials({ keyring, maxAgeMs: 1000 })
const streams = { orders: {} }
const cache = { maxAgeMs: 1000 }

describe('a configuration', () => {
  it.each<[string, KinesisEncryptionConfig]>([
    ['a keyring with a cache', { keyring, cache, streams }],
    ['a keyring without one, where that is said', { keyring, uncached: true, streams }],
    ['materials', { materials, streams }],
    ['a Map of streams', { materials, streams: new Map([['orders', {}]]) }],
    [
      'all options',
      {
        keyring,
        cache,
        streams,
        otherStreams: 'pass',
        suite: '0578',
        commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT',
        maxEncryptedDataKeys: 2,
        maxRequestBytes: 5_242_880,
        observer: () => {},
        onRejected: 'skip',
      },
    ],
  ])('takes %s', (_what, config) => {
    expect(resolveConfig(config).streams.resolve({ StreamName: 'orders' })).toMatchObject({
      kind: 'configured',
      stream: { entry: 'orders' },
    })
  })

  it.each([
    ['a keyring and nothing about a cache', { keyring, streams }, 'cache', /cache: \{ maxAgeMs: 300_000 \}.*uncached: true/],
    ['both a cache and none', { keyring, cache, uncached: true, streams }, 'cache', /exactly one/],
    ['a cache around materials', { materials, cache, streams }, 'cache', /cachingMaterials/],
    ['uncached materials', { materials, uncached: true, streams }, 'uncached', /keyring/],
    ['both a keyring and materials', { keyring, cache, materials, streams }, 'keyring', /exactly one/],
    ['neither', { streams }, 'keyring', /exactly one/],
    ['no streams', { keyring, cache }, 'streams', /streams/],
    ['a list of streams', { keyring, cache, streams: ['orders'] }, 'streams', /object or a Map/],
    ['an unknown option', { keyring, cache, streams, sutie: '0578' }, 'sutie', /sutie/],
    ['an unknown cache option', { keyring, cache: { maxAgeMs: 1, maxMessage: 1 }, streams }, 'maxMessage', /maxMessage/],
    ['another answer about other streams', { keyring, cache, streams, otherStreams: 'ignore' }, 'otherStreams', /refuse, pass/],
    ['uncached: false', { keyring, cache, streams, uncached: false }, 'uncached', /true/],
    ['another onRejected', { keyring, cache, streams, onRejected: 'drop' }, 'onRejected', /throw, skip or a function/],
    ['a request limit that is none', { keyring, cache, streams, maxRequestBytes: 10_485_761 }, 'maxRequestBytes', /10485760/],
    ['an unknown suite', { keyring, cache, streams, suite: '9999' }, 'suite', /suite/],
  ])('is refused where there is %s', (_what, config, option, message) => {
    expect(() => resolveConfig(config as never)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', option: expect.stringContaining(option), message: expect.stringMatching(message) }),
    )
  })

  it('is refused where the policy forbids its suite', () => {
    expect(() => resolveConfig({ keyring, cache, streams, suite: '0178' })).toThrow(expect.objectContaining({ code: 'SUITE_FORBIDDEN' }))
  })
})
