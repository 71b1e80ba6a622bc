/** Our driver of the interop protocol (protocol.ts), on the sources: `npm run -s interop:driver`. */
import { readFileSync } from 'node:fs'
import {
  createEncryptionClient,
  type EncryptionClient,
  type EncryptionClientSettings,
  type EncryptOptions,
  parseMessage,
  type SuiteId,
} from '@strongroom/core'
import { ddbOperations } from './ddb-operations.ts'
import { type DecryptRequest, type EncryptRequest, readDecrypt, readEncrypt } from './esdk-requests.ts'
import { bytes, readFields } from './fields.ts'
import { given } from './given.ts'
import { readKeyring } from './keyring-requests.ts'
import { keystore } from './keystore-operation.ts'
import { keyringOf } from './our-keyrings.ts'
import { passInPieces } from './pieces.ts'
import { type Fields, type Operation, serveProcess } from './protocol.ts'
import { getS3Object, putS3Object } from './s3-client-requests.ts'
import { decryptS3Object, encryptS3Object } from './s3-requests.ts'

/** Bytes of a piece of a stream, unless the request says. */
const PIECE = 65_536

await serveProcess(
  new Map<string, Operation>([
    ['version', version],
    ['esdk.encrypt', encrypt],
    ['esdk.decrypt', decrypt],
    ['esdk.inspect', inspect],
    ['keystore', keystore],
    ['s3.put', putS3Object],
    ['s3.get', getS3Object],
    ['s3.encryptObject', encryptS3Object],
    ['s3.decryptObject', decryptS3Object],
    ...ddbOperations,
  ]),
)

function version(fields: Fields): Fields {
  readFields('version', fields, {})
  const core = JSON.parse(readFileSync(new URL('../../packages/core/package.json', import.meta.url), 'utf8')) as { version: string }
  return { implementation: 'strongroom', versions: { '@strongroom/core': core.version, node: process.versions.node } }
}

async function encrypt(fields: Fields): Promise<Fields> {
  const request = readEncrypt(fields)
  const client = await clientOf(request)
  const options = {
    ...given('encryptionContext', request.encryptionContext),
    ...given('suite', request.suite as SuiteId | undefined),
    ...given('frameLength', request.frameLength),
  } as EncryptOptions
  if (request.stream !== true) {
    const { ciphertext, suite } = await client.encrypt(request.plaintext, options)
    return { ciphertext, suite }
  }
  const stream = client.encryptStream(options)
  const ciphertext = await passInPieces(stream, request.plaintext, request.chunk ?? PIECE)
  return { ciphertext, suite: (await stream.message).suite }
}

async function decrypt(fields: Fields): Promise<Fields> {
  const request = readDecrypt(fields)
  const client = await clientOf(request, { ...given('netV400Retry', request.legacyNetRetry) })
  const options = { ...given('encryptionContext', request.encryptionContext) }
  if (request.stream !== true) {
    const { plaintext, suite, encryptionContext } = await client.decrypt(request.ciphertext, options)
    return { plaintext, suite, encryptionContext }
  }
  const stream = client.decryptStream(options)
  const plaintext = await passInPieces(stream, request.ciphertext, request.chunk ?? PIECE)
  const { suite, encryptionContext } = await stream.message
  return { plaintext, suite, encryptionContext }
}

function inspect(fields: Fields): Fields {
  const { ciphertext } = readFields('esdk.inspect', fields, { ciphertext: bytes })
  const { version, suite, messageId, encryptionContext, encryptedDataKeys, frameLength } = parseMessage(ciphertext)
  return {
    version,
    suite: suite.id,
    messageId,
    encryptionContext,
    encryptedDataKeys: encryptedDataKeys.map(({ providerId, providerInfo }) => ({ providerId, providerInfo })),
    frameLength,
  }
}

async function clientOf(request: EncryptRequest | DecryptRequest, more: Partial<EncryptionClientSettings> = {}): Promise<EncryptionClient> {
  return createEncryptionClient({
    keyring: await keyringOf(readKeyring(request.keyring)),
    ...given('commitmentPolicy', request.commitmentPolicy),
    ...given('maxEncryptedDataKeys', request.maxEncryptedDataKeys),
    ...given('requiredContextKeys', request.requiredKeys?.length === 0 ? undefined : request.requiredKeys),
    ...more,
  })
}
