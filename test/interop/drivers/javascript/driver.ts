/**
 * The driver of the official JavaScript client.
 *
 * Its raw AES keyring sorts the context by locale unless told otherwise, which no other client can read. This driver tells it, so that the
 * matrix shows the format; `--locale-sorting` leaves it at its default, to show that we read that as well.
 */
import { constants } from 'node:crypto'
import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import {
  AlgorithmSuiteIdentifier,
  AwsKmsMrkAwareSymmetricKeyringNode,
  buildClient,
  CommitmentPolicy,
  type KeyringNode,
  KMS,
  KmsKeyringNode,
  MultiKeyringNode,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
  RawRsaKeyringNode,
} from '@aws-crypto/client-node'
import { type DecryptRequest, type EncryptRequest, readDecrypt, readEncrypt } from '../../esdk-requests.ts'
import { lacking, readFields } from '../../fields.ts'
import { type KeyringRequest, type Padding, readKeyring } from '../../keyring-requests.ts'
import { type Fields, type Operation, RequestError, serveProcess } from '../../protocol.ts'
import { hierarchicalKeyring } from './hierarchical.ts'
import { keystore } from './keystore-operation.ts'

const utf8Sorting = !process.argv.includes('--locale-sorting')
const required = lacking('this client has no required encryption context')
const noRetry = lacking('this client does not read messages of ESDK for .NET 4.0.0')

await serveProcess(
  new Map<string, Operation>([
    ['version', version],
    ['esdk.encrypt', encrypt],
    ['esdk.decrypt', decrypt],
    ['keystore', keystore],
  ]),
)

function version(fields: Fields): Fields {
  readFields('version', fields, {})
  const { version } = createRequire(import.meta.url)('@aws-crypto/client-node/package.json') as { version: string }
  return { implementation: 'aws-encryption-sdk-javascript', versions: { '@aws-crypto/client-node': version, node: process.versions.node } }
}

async function encrypt(fields: Fields): Promise<Fields> {
  const request = readEncrypt(fields, { requiredKeys: required })
  const { plaintext, suite, frameLength, encryptionContext } = request
  const client = clientOf(request)
  const { result, messageHeader } = await client.encrypt(keyringOf(readKeyring(request.keyring)), contentOf(plaintext, request), {
    ...(suite === undefined ? {} : { suiteId: suiteOf(suite) }),
    ...(frameLength === undefined ? {} : { frameLength }),
    ...(encryptionContext === undefined ? {} : { encryptionContext: { ...encryptionContext } }),
    ...(request.stream === true ? {} : { plaintextLength: plaintext.length }),
  })
  return { ciphertext: result, suite: hex(messageHeader.suiteId) }
}

async function decrypt(fields: Fields): Promise<Fields> {
  const request = readDecrypt(fields, { requiredKeys: required, legacyNetRetry: noRetry })
  const { plaintext, messageHeader } = await clientOf(request).decrypt(
    keyringOf(readKeyring(request.keyring)),
    contentOf(request.ciphertext, request),
  )
  for (const [key, value] of Object.entries(request.encryptionContext ?? {})) {
    if (messageHeader.encryptionContext[key] !== value) throw new Error(`the message has another value of ${JSON.stringify(key)}`)
  }
  return { plaintext, suite: hex(messageHeader.suiteId), encryptionContext: { ...messageHeader.encryptionContext } }
}

function clientOf(request: EncryptRequest | DecryptRequest): ReturnType<typeof buildClient> {
  const policy = CommitmentPolicy[request.commitmentPolicy ?? 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT']
  return buildClient({ commitmentPolicy: policy, maxEncryptedDataKeys: request.maxEncryptedDataKeys ?? false })
}

/** The bytes, or a stream of them in pieces. */
function contentOf(content: Uint8Array, { stream, chunk = 65_536 }: EncryptRequest | DecryptRequest): Buffer | Readable {
  const buffer = Buffer.from(content)
  if (stream !== true) return buffer
  const pieces = Array.from({ length: Math.ceil(buffer.length / chunk) }, (_, index) => buffer.subarray(index * chunk, (index + 1) * chunk))
  return Readable.from(pieces)
}

function keyringOf(request: KeyringRequest): KeyringNode {
  switch (request.type) {
    case 'raw-aes': {
      const wrappingSuite = RawAesWrappingSuiteIdentifier[`AES${(request.key.length * 8) as 256}_GCM_IV12_TAG16_NO_PADDING`]
      return new RawAesKeyringNode({
        keyNamespace: request.namespace,
        keyName: request.name,
        unencryptedMasterKey: request.key,
        wrappingSuite,
        utf8Sorting,
      })
    }
    case 'raw-rsa': {
      const { publicKey, privateKey } = request
      const rsaKey = { ...(publicKey === undefined ? {} : { publicKey }), ...(privateKey === undefined ? {} : { privateKey }) }
      return new RawRsaKeyringNode({ keyNamespace: request.namespace, keyName: request.name, rsaKey, ...paddingOf(request.padding) })
    }
    case 'raw-ecdh':
    case 'kms-ecdh':
      throw new RequestError('UNSUPPORTED', 'this client has no ECDH keyring')
    case 'hsm':
      throw new RequestError('UNSUPPORTED', 'this client has no keyring of an HSM')
    case 'kms-rsa':
      throw new RequestError('UNSUPPORTED', 'this client has no keyring of RSA keys in KMS')
    case 'multi': {
      const generator = request.generator && keyringOf(request.generator)
      return new MultiKeyringNode({ ...(generator === undefined ? {} : { generator }), children: request.children.map(keyringOf) })
    }
    case 'kms':
      return new KmsKeyringNode({ generatorKeyId: request.keyId, clientProvider: () => kmsClient(request.endpoint, request.region) })
    case 'kms-mrk':
      return new AwsKmsMrkAwareSymmetricKeyringNode({ keyId: request.keyId, client: kmsClient(request.endpoint, request.region) })
    case 'hierarchical':
      return hierarchicalKeyring(request, utf8Sorting)
    case 'kms-discovery': {
      const { endpoint, accounts, partition = 'aws', region: only } = request
      return new KmsKeyringNode({
        discovery: true,
        ...(accounts === 'any' ? {} : { discoveryFilter: { accountIDs: [...accounts], partition } }),
        clientProvider: (region) => (only === undefined || only === region) && kmsClient(endpoint, region),
      })
    }
  }
}

// The client's own KMS class does not satisfy the type that its keyrings ask for.
type KeyringKms = ConstructorParameters<typeof AwsKmsMrkAwareSymmetricKeyringNode>[0]['client']

function kmsClient(endpoint: string, region: string): KeyringKms {
  return new KMS({ endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }) as unknown as KeyringKms
}

function paddingOf(padding: Padding): { padding: number; oaepHash?: 'sha1' | 'sha256' | 'sha384' | 'sha512' } {
  if (padding === 'PKCS1') return { padding: constants.RSA_PKCS1_PADDING }
  return { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: padding.replace('OAEP_', '').toLowerCase() as 'sha256' }
}

function suiteOf(suite: string): AlgorithmSuiteIdentifier {
  const id = Number.parseInt(suite, 16)
  if (!(id in AlgorithmSuiteIdentifier)) throw new RequestError('INPUT_INVALID', `no algorithm suite is ${JSON.stringify(suite)}`)
  return id as AlgorithmSuiteIdentifier
}

function hex(id: number): string {
  return id.toString(16).padStart(4, '0')
}
