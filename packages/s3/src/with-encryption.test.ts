import * as sdk from '@aws-sdk/client-s3'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  SelectObjectContentCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { Pluggable } from '@smithy/types'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aesKeyring } from '../test/keyrings.ts'
import { BUCKET, type Lab, startLab } from '../test/lab.ts'
import { memoryKms } from '../test/memory-kms.ts'
import { operationKind, operationNames, operationOf } from './plugin/operations.ts'
import { runtimeOf, s3Encryption } from './s3-encryption.ts'
import { withEncryption } from './with-encryption.ts'

const MARKER = 'two pairs of boots'
const object = { Bucket: BUCKET, Key: 'order-1' }
const keyring = aesKeyring()
let lab: Lab
beforeAll(async () => {
  lab = await startLab()
})
afterAll(() => lab.close())
beforeEach(() => {
  lab.s3.requests.length = 0
})

/** Whether anything that was sent shows the marker. */
function sentPlaintext(): boolean {
  return lab.s3.requests.some(({ body, headers }) => Buffer.from(body).includes(MARKER) || JSON.stringify(headers).includes(MARKER))
}

describe('a client with encryption', () => {
  it('puts and gets objects, and the one that it was made of sees what is stored', async () => {
    const client = lab.encrypted()
    await client.send(new PutObjectCommand({ ...object, Body: MARKER, Metadata: { color: 'red' } }))
    expect(sentPlaintext()).toBe(false)
    const { Body, ContentLength, Metadata } = await client.send(new GetObjectCommand(object))
    expect([await Body?.transformToString(), ContentLength, Metadata]).toEqual([MARKER, MARKER.length, { color: 'red' }])
    const stored = await lab.plain.send(new GetObjectCommand(object))
    expect(stored.ContentLength).toBe(MARKER.length + 16)
    expect(stored.Metadata).toMatchObject({ color: 'red', 'x-amz-c': '115' })
  })

  it('is of the same class, and its configuration is the same', () => {
    const client = lab.encrypted()
    expect(client).toBeInstanceOf(S3Client)
    expect(withEncryption(lab.plain, { keyring }).config).toBe(lab.plain.config)
    expect(runtimeOf(client)?.config.format).toBe('v3')
    expect(runtimeOf(lab.plain)).toBeUndefined()
  })

  it('works for the aggregated client and for a stack', async () => {
    const s3 = withEncryption(new sdk.S3(lab.s3.clientConfig), { keyring })
    await s3.putObject({ ...object, Body: MARKER })
    expect(await (await s3.getObject(object)).Body?.transformToString()).toBe(MARKER)
    s3.destroy()
    const own = new S3Client(lab.s3.clientConfig)
    own.middlewareStack.use(s3Encryption({ keyring, client: lab.plain }))
    expect(await (await own.send(new GetObjectCommand(object))).Body?.transformToString()).toBe(MARKER)
    own.destroy()
  })

  it('cannot be made twice, or of one that sends in its own way', () => {
    const once = lab.encrypted()
    expect(() => withEncryption(once, { keyring })).toThrowError(expect.objectContaining({ code: 'ALREADY_APPLIED' }))
    const own = Object.assign(new S3Client(lab.s3.clientConfig), { send: () => undefined })
    expect(() => withEncryption(own as unknown as S3Client, { keyring })).toThrowError(expect.objectContaining({ option: 'client' }))
    expect(() => s3Encryption({ keyring } as never)).toThrowError(expect.objectContaining({ option: 'client' }))
  })

  it.each<[string, object]>([
    ['bucket', { bucket: 'a' }],
    ['instructionFileSuffix', { instructionFileSuffix: '' }],
    ['instructionFile', { instructionFile: 'yes' }],
    ['instructionFile', { instructionFile: true, format: 'esdk' }],
    ['largeObjects', { largeObjects: 'third-pass' }],
    ['unencryptedObjects', { unencryptedObjects: 'pass' }],
    ['unencryptedObjects', { unencryptedObjects: { passBefore: 'today' } }],
    ['unencryptedObjects', { unencryptedObjects: { passBefore: new Date(Number.NaN) } }],
  ])('refuses the option %s of %j', (option, change) => {
    expect(() => withEncryption(lab.plain, { keyring, ...change } as never)).toThrowError(
      expect.objectContaining({ code: 'OPTION_INVALID', option }),
    )
  })

  it('sends what has no body as it is', async () => {
    const client = lab.encrypted()
    await client.send(new HeadBucketCommand({ Bucket: BUCKET }))
    expect((await client.send(new ListObjectsV2Command({ Bucket: BUCKET }))).Contents?.length).toBeGreaterThan(0)
  })
})

describe('commands', () => {
  const commands = Object.keys(sdk)
    .filter((name) => /^[A-Z].*Command$/.test(name))
    .map(operationOf)

  it('of the SDK are all known', () => {
    expect(commands.length).toBeGreaterThan(100)
    expect(commands.filter((name) => operationKind(name) === undefined)).toEqual([])
    expect(operationNames.filter((name) => !commands.includes(name))).toEqual([])
  })

  it('that would send plaintext or take ciphertext apart are refused, with what to do instead', async () => {
    const client = lab.encrypted()
    const part = { ...object, UploadId: 'u', PartNumber: 1 }
    const refused = [
      [new CreateMultipartUploadCommand(object), /EncryptedUpload/],
      [new UploadPartCommand({ ...part, Body: MARKER }), /EncryptedUpload/],
      [new UploadPartCopyCommand({ ...part, CopySource: 'a/b' }), /CopyObject/],
      [
        new SelectObjectContentCommand({
          ...object,
          Expression: '',
          ExpressionType: 'SQL',
          InputSerialization: {},
          OutputSerialization: {},
        }),
        /plaintext/,
      ],
    ] as const
    for (const [command, message] of refused) {
      await expect(client.send(command as PutObjectCommand)).rejects.toMatchObject({
        code: 'COMMAND_UNSUPPORTED',
        message: expect.stringMatching(message),
      })
    }
    expect(lab.calls()).toEqual([])
    await expect(client.send(new CompleteMultipartUploadCommand({ ...object, UploadId: 'u' }))).rejects.toThrow()
    expect(lab.calls()).toEqual(['CompleteMultipartUpload'])
  })

  it('that nobody knows are refused', async () => {
    class StoreThisCommand extends PutObjectCommand {}
    const client = lab.encrypted()
    const command = new StoreThisCommand({ ...object, Body: MARKER })
    // The name of a command is what the SDK says it is.
    const resolve = command.resolveMiddleware.bind(command)
    command.resolveMiddleware = (stack, configuration, options) => resolve(renaming(stack as never) as never, configuration, options)
    await expect(client.send(command)).rejects.toMatchObject({ code: 'COMMAND_UNSUPPORTED', message: expect.stringContaining('StoreThis') })
    expect(lab.calls()).toEqual([])
  })

  function renaming(stack: { clone(): S3Client['middlewareStack'] }): S3Client['middlewareStack'] {
    const renamed = stack.clone()
    renamed.add(
      (next, context) => {
        context.commandName = 'StoreThisCommand'
        return next
      },
      { step: 'initialize', priority: 'low', name: 'renaming' },
    )
    return renamed
  }
})

describe('lib-storage', () => {
  it.each([
    ['a short body', Buffer.from(MARKER)],
    ['a long one', Buffer.alloc(11 * 2 ** 20, MARKER)],
  ])('Upload of %s fails at once, and names EncryptedUpload', async (_what, Body) => {
    const kms = memoryKms()
    const upload = new Upload({ client: lab.encrypted({ keyring: kms }), params: { ...object, Body } })
    await expect(upload.done()).rejects.toMatchObject({ code: 'COMMAND_UNSUPPORTED', message: expect.stringContaining('EncryptedUpload') })
    expect(kms.calls).toEqual([])
    expect(lab.calls()).toEqual([])
  })
})

describe('presigning', () => {
  it('is refused for everything that has a body', async () => {
    const client = lab.encrypted()
    for (const command of [new PutObjectCommand(object), new PutObjectCommand({ ...object, Body: MARKER }), new GetObjectCommand(object)]) {
      await expect(getSignedUrl(client as never, command as never)).rejects.toMatchObject({
        code: 'COMMAND_UNSUPPORTED',
        message: expect.stringContaining('decryptObject'),
      })
    }
    expect(lab.calls()).toEqual([])
  })
})

describe('the guard', () => {
  /** A middleware that puts another body in the place of the one that is sent. */
  function meddling(
    step: 'build' | 'finalizeRequest' | 'deserialize',
    priority: 'high' | 'normal' | 'low',
    change: (request: { body: unknown }) => unknown,
  ): Pluggable<object, object> {
    return {
      applyToStack(stack) {
        stack.add(
          ((next: (args: object) => Promise<object>) => async (args: { request: { body: unknown } }) => {
            change(args.request)
            return next(args)
          }) as never,
          { step, priority, name: 'meddling' } as never,
        )
      },
    }
  }

  it.each([
    ['build', 'high'],
    ['build', 'normal'],
    ['finalizeRequest', 'high'],
    ['finalizeRequest', 'low'],
    ['deserialize', 'high'],
  ] as const)('refuses a body that was changed at %s, %s', async (step, priority) => {
    for (const body of [Buffer.from('plaintext in place of it, as long'), MARKER]) {
      const client = lab.encrypted()
      client.middlewareStack.use(meddling(step, priority, (request) => Object.assign(request, { body })) as never)
      await expect(client.send(new PutObjectCommand({ ...object, Body: MARKER }))).rejects.toMatchObject({ code: 'PLAINTEXT_REFUSED' })
    }
    expect(lab.calls()).toEqual([])
  })

  it('refuses a change in place', async () => {
    const client = lab.encrypted()
    client.middlewareStack.use(
      meddling('finalizeRequest', 'low', (request) =>
        Object.assign(request, { body: Buffer.from(request.body as Uint8Array).fill(1) }),
      ) as never,
    )
    await expect(client.send(new PutObjectCommand({ ...object, Body: MARKER }))).rejects.toMatchObject({ code: 'PLAINTEXT_REFUSED' })
    expect(lab.calls()).toEqual([])
  })

  it('refuses a stream in place of the encrypted one', async () => {
    const { Readable } = await import('node:stream')
    for (const [step, priority] of [
      ['build', 'normal'],
      ['finalizeRequest', 'low'],
    ] as const) {
      const client = lab.encrypted()
      client.middlewareStack.use(
        meddling(step, priority, (request) => Object.assign(request, { body: Readable.from([Buffer.from(MARKER)]) })) as never,
      )
      const attempt = client.send(
        new PutObjectCommand({ ...object, Body: Readable.from([Buffer.from(MARKER)]), ContentLength: MARKER.length }),
      )
      await expect(attempt).rejects.toMatchObject({ code: 'PLAINTEXT_REFUSED' })
    }
    expect(lab.calls()).toEqual([])
  })

  it('refuses a request that came around the encrypting middleware', async () => {
    const client = lab.encrypted()
    client.middlewareStack.remove('strongroomS3Encryption')
    await expect(client.send(new PutObjectCommand({ ...object, Body: MARKER }))).rejects.toMatchObject({ code: 'PLAINTEXT_REFUSED' })
    expect(lab.calls()).toEqual([])
  })
})

describe('the SDK’s logger', () => {
  it('sees no plaintext, on success and on failure, nor does one outside of the encryption', async () => {
    const lines: unknown[] = []
    const log = (...line: unknown[]) => lines.push(line)
    const logger = { trace: log, debug: log, info: log, warn: log, error: log }
    const client = lab.encrypted({}, { logger })
    client.middlewareStack.add(
      (next, context) => async (args) => {
        const answer = await next(args)
        log(
          (context.inputFilterSensitiveLog as (value: unknown) => unknown)(args.input),
          (context.outputFilterSensitiveLog as (value: unknown) => unknown)(answer.output),
        )
        return answer
      },
      { step: 'initialize', priority: 'high', name: 'outerLogger' },
    )
    await client.send(new PutObjectCommand({ ...object, Body: MARKER }))
    await (await client.send(new GetObjectCommand(object))).Body?.transformToString()
    await client.send(new GetObjectCommand({ ...object, Key: 'absent' })).catch(() => undefined)
    expect(lines.length).toBeGreaterThan(3)
    const { inspect } = await import('node:util')
    const shown = inspect(lines, { depth: 12, maxStringLength: null, maxArrayLength: null })
    expect(shown).not.toContain(MARKER)
    expect(shown).not.toContain(
      Buffer.from(MARKER)
        .toString('hex')
        .replace(/(..)(?=.)/g, '$1 '),
    )
  })
})
