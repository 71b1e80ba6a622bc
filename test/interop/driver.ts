/** Our driver of the interop protocol (protocol.ts), on the sources: `npm run -s interop:driver`. */
import { readFileSync } from 'node:fs'
import {
  createEncryptionClient,
  type EncryptionClient,
  type EncryptionClientSettings,
  type EncryptOptions,
  type Keyring,
  multiKeyring,
  parseMessage,
  type RawEcdhKeyringOptions,
  rawAesKeyring,
  rawEcdhKeyring,
  rawRsaKeyring,
  type SuiteId,
} from '@strongroom/core'
import { type DecryptRequest, type EncryptRequest, readDecrypt, readEncrypt } from './esdk-requests.ts'
import { bytes, readFields } from './fields.ts'
import type { HierarchicalRequest } from './hierarchical-requests.ts'
import { type KeyringRequest, type KmsDiscoveryRequest, type KmsRequest, readKeyring } from './keyring-requests.ts'
import { passInPieces } from './pieces.ts'
import { type Fields, type Operation, RequestError, serveProcess } from './protocol.ts'

/** Bytes of a piece of a stream, unless the request says. */
const PIECE = 65_536

await serveProcess(
  new Map<string, Operation>([
    ['version', version],
    ['esdk.encrypt', encrypt],
    ['esdk.decrypt', decrypt],
    ['esdk.inspect', inspect],
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

async function keyringOf(request: KeyringRequest): Promise<Keyring> {
  switch (request.type) {
    case 'raw-aes':
      return rawAesKeyring({ namespace: request.namespace, name: request.name, key: request.key })
    case 'raw-rsa': {
      const { namespace, name, padding, publicKey, privateKey } = request
      return rawRsaKeyring({ namespace, name, padding, ...given('publicKey', publicKey), ...given('privateKey', privateKey) })
    }
    case 'raw-ecdh': {
      const { curve, schema, privateKey, recipientPublicKey } = request
      const keys = { ...given('privateKey', privateKey), ...given('recipientPublicKey', recipientPublicKey) }
      return rawEcdhKeyring({ curve, schema, ...keys } as RawEcdhKeyringOptions)
    }
    case 'multi':
      return multiKeyring({
        ...given('generator', request.generator && (await keyringOf(request.generator))),
        children: await Promise.all(request.children.map(keyringOf)),
      })
    case 'kms':
    case 'kms-mrk':
    case 'kms-discovery':
      return await kmsKeyringOf(request)
    case 'hierarchical':
      return await hierarchicalKeyringOf(request)
  }
}

async function hierarchicalKeyringOf({ branchKeyId, keyStore }: HierarchicalRequest): Promise<Keyring> {
  // Given keys never expire, so ttlMs means nothing to them.
  if (!('static' in keyStore)) throw new RequestError('UNSUPPORTED', 'branch keys in a table come with a later release')
  const { hierarchicalKeyring, staticKeyStore } = await import('@strongroom/kms')
  const keys = keyStore.static.map(({ beaconKey, active, ...key }) => ({
    ...key,
    ...given('beaconKey', beaconKey),
    ...given('active', active || undefined),
  }))
  return hierarchicalKeyring({ keyStore: staticKeyStore(keys), branchKeyId })
}

async function kmsKeyringOf(request: KmsRequest | KmsDiscoveryRequest): Promise<Keyring> {
  // Loaded when first asked for: the SDK takes longer to load than all the rest.
  const { kmsDiscoveryKeyring, kmsKeyring, kmsMrkKeyring, limitRegions, regionClients } = await import('@strongroom/kms')
  const clientFor = regionClients({ endpoint: request.endpoint, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })
  if (request.type === 'kms-discovery') {
    const { accounts, partition, region } = request
    return kmsDiscoveryKeyring({
      accounts,
      clientFor,
      ...given('partition', partition),
      ...given('regions', region === undefined ? undefined : [region]),
    })
  }
  const make = request.type === 'kms' ? kmsKeyring : kmsMrkKeyring
  return make({ generatorKeyId: request.keyId, clientFor: limitRegions([request.region], clientFor) })
}

/** One option if it is given, since an option of undefined is not the same as none. */
function given<Name extends string, T>(name: Name, value: T | undefined): { readonly [K in Name]?: T } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [K in Name]?: T }
}
