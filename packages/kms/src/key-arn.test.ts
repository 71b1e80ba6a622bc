import { describe, expect, it } from 'vitest'
import { keyArnFromBytes, parseKeyArn } from './key-arn.ts'

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const bytes = (text: string) => new TextEncoder().encode(text)

describe('parseKeyArn', () => {
  it('takes a key ARN apart', () => {
    expect(parseKeyArn(KEY)).toEqual({
      arn: KEY,
      partition: 'aws',
      region: 'eu-west-1',
      account: '111122223333',
      resourceType: 'key',
      id: '1234abcd-12ab-34cd-56ef-1234567890ab',
      multiRegion: false,
    })
  })

  it('knows other partitions and aliases with slashes in their names', () => {
    expect(parseKeyArn('arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/team/orders')).toMatchObject({
      partition: 'aws-us-gov',
      resourceType: 'alias',
      id: 'team/orders',
    })
  })

  it('calls a key multi-Region by its id, and an alias never', () => {
    expect(parseKeyArn('arn:aws:kms:eu-west-1:111122223333:key/mrk-80bd8ecdcd4342aebd84b7dc9da498a7')?.multiRegion).toBe(true)
    expect(parseKeyArn('arn:aws:kms:eu-west-1:111122223333:alias/mrk-80bd8ecdcd4342aebd84b7dc9da498a7')?.multiRegion).toBe(false)
  })

  it.each([
    '',
    'mrk-80bd8ecdcd4342aebd84b7dc9da498a7',
    '1234abcd-12ab-34cd-56ef-1234567890ab',
    'alias/orders',
    'arn:aws:kms:eu-west-1:111122223333:key/',
    'arn:aws:kms:eu-west-1:111122223333:key',
    'arn:aws:kms:eu-west-1:111122223333:alias',
    'arn:aws:kms:eu-west-1:111122223333:grant/1',
    'arn:aws:kms:eu-west-1:111122223333:key:1',
    'arn:aws:kms:eu-west-1:111122223333:key/1:2',
    'arn:aws:kms:eu-west-1::key/1',
    'arn:aws:kms::111122223333:key/1',
    'arn::kms:eu-west-1:111122223333:key/1',
    'arn:aws:s3:eu-west-1:111122223333:key/1',
    'ARN:aws:kms:eu-west-1:111122223333:key/1',
    ' arn:aws:kms:eu-west-1:111122223333:key/1',
    'arn:aws:kms:eu-west-1:111122223333:key/1\n',
    'arn:aws:kms:eu-west-1:111122223333:key/\u00e9',
    'arn:aws:kms:eu-west-1:111122223333:KEY/1',
    `arn:aws:kms:eu-west-1:111122223333:key/${'1'.repeat(2048)}`,
  ])('refuses %j', (text) => {
    expect(parseKeyArn(text)).toBeUndefined()
  })
})

describe('keyArnFromBytes', () => {
  it('reads a key ARN out of a larger buffer', () => {
    const buffer = bytes(`xx${KEY}yy`)
    expect(keyArnFromBytes(buffer.subarray(2, 2 + KEY.length))?.arn).toBe(KEY)
  })

  it('refuses aliases, since no message names its key by one', () => {
    expect(keyArnFromBytes(bytes('arn:aws:kms:eu-west-1:111122223333:alias/orders'))).toBeUndefined()
  })

  it('refuses bytes that a decoder could turn into another name', () => {
    const overlong = Uint8Array.of(...bytes(KEY), 0xc1, 0xa1)
    expect(keyArnFromBytes(overlong)).toBeUndefined()
    expect(keyArnFromBytes(Uint8Array.of(...bytes(KEY), 0))).toBeUndefined()
    expect(keyArnFromBytes(new Uint8Array(65_535).fill(0x61))).toBeUndefined()
    expect(keyArnFromBytes(new Uint8Array(0))).toBeUndefined()
  })
})
