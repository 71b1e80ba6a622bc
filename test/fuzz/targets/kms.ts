import { type Keyring, suiteById } from '@strongroom/core'
import { type KmsClient, kmsDiscoveryKeyring, kmsKeyring, kmsMrkDiscoveryKeyring, kmsMrkKeyring } from '@strongroom/kms'
import { seededBytes } from '../../wycheproof/curves.ts'
import { mutateBytes } from '../engine/mutate-bytes.ts'
import type { Target } from '../engine/target.ts'

interface KmsInput {
  readonly [name: string]: number | readonly (readonly Uint8Array[])[]
  readonly keyring: number
  /** Provider id, provider info and ciphertext of each. */
  readonly edks: readonly (readonly Uint8Array[])[]
}

const ACCOUNT = '111122223333'
const REGION = 'eu-west-1'
const single = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
const multi = `arn:aws:kms:us-east-1:${ACCOUNT}:key/mrk-1234abcd12ab34cd56ef1234567890ab`
const replica = multi.replace('us-east-1', REGION)
const foreign = single.replace(ACCOUNT, '999988887777')
const blob = seededBytes('blob', 60)
const secret = seededBytes('kms data key', 32)
/** Calls that the input under way made: a key and a Region each. */
let calls: { readonly keyId: string; readonly region: string }[] = []

/** A client that knows three keys, and notes what it is asked. */
function clientFor(region: string): KmsClient {
  const send = async ({ input }: { input: { KeyId?: string; CiphertextBlob?: Uint8Array } }) => {
    const keyId = input.KeyId ?? ''
    calls.push({ keyId, region })
    const knows = [single, multi, replica].includes(keyId) && keyId.split(':')[3] === region
    if (!knows) throw serviceError('NotFoundException')
    if (Buffer.compare(input.CiphertextBlob ?? blob, blob) !== 0) throw serviceError('InvalidCiphertextException')
    return { KeyId: keyId, Plaintext: Uint8Array.from(secret), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }
  }
  return { config: { region: async () => region }, send } as unknown as KmsClient
}

function serviceError(name: string): Error {
  return Object.assign(new Error(name), { name, $fault: 'client', $metadata: { httpStatusCode: 400 } })
}

function inRegion(arn: string): string {
  return arn
    .split(':')
    .map((part, index) => (index === 3 ? REGION : part))
    .join(':')
}

const keyrings: readonly (readonly [Keyring, readonly string[]])[] = [
  [kmsKeyring({ keyIds: [single], clientFor }), [single]],
  [kmsMrkKeyring({ keyIds: [replica], clientFor }), [multi, replica]],
  [kmsDiscoveryKeyring({ accounts: [ACCOUNT], clientFor }), [single, multi, replica]],
  [kmsDiscoveryKeyring({ accounts: [ACCOUNT], regions: [REGION], clientFor }), [single, replica]],
  [kmsDiscoveryKeyring({ accounts: 'any', clientFor }), [single, multi, replica]],
  [kmsMrkDiscoveryKeyring({ accounts: [ACCOUNT], region: REGION, clientFor }), [single, multi, replica]],
]
const request = { suite: suiteById('0478'), context: {}, aad: new Uint8Array(0) }
const OUTCOMES = ['not-mine', 'rejected', 'operational']

/** Encrypted data keys that name KMS keys: only what its filter lets through is asked for, and only what KMS opened is opened. */
export const kmsTarget: Target<KmsInput> = {
  name: 'kms',
  seeds: () =>
    keyrings.flatMap((_, keyring) =>
      [single, multi, replica, foreign].map((arn) => ({ keyring, edks: [[Buffer.from('aws-kms'), Buffer.from(arn), blob]] })),
    ),
  mutate(input, other, random) {
    const at = random.below(input.edks.length)
    const field = random.pick([0, 1, 1, 1, 2])
    const from = random.pick(other.edks)?.[field] ?? blob
    const edks = input.edks.map((edk, index) =>
      index === at ? edk.map((part, place) => (place === field ? mutateBytes(part, from, random).subarray(0, 4096) : part)) : edk,
    )
    return {
      keyring: random.once(8) ? random.below(keyrings.length) : input.keyring,
      edks: random.once(8) ? [...edks, ...other.edks].slice(0, 16) : edks,
    }
  },
  async run({ keyring, edks }) {
    const [subject, opens] = keyrings[keyring] as readonly [Keyring, readonly string[]]
    const given = edks.map(([id, info, ciphertext]) => ({
      providerId: Buffer.from(id ?? blob).toString('utf8'),
      providerInfo: info ?? blob,
      ciphertext: ciphertext ?? blob,
    }))
    const named = given.map(({ providerId, providerInfo, ciphertext }) =>
      providerId === 'aws-kms' && Buffer.compare(ciphertext, blob) === 0 ? Buffer.from(providerInfo).toString('latin1') : '',
    )
    const genuine = named.map((arn) => opens.includes(arn))
    // A multi-Region key is the same key in whatever Region it is named.
    const mayOpen = named.map((arn) => opens.includes(arn) || (opens.includes(replica) && inRegion(arn) === replica))
    calls = []
    const answer = await subject.unwrap(given, request)
    for (const { keyId, region } of calls) {
      if (!/^[a-z]{2,8}(-[a-z]+)+-\d{1,2}$/.test(region)) return `made a host name of ${JSON.stringify(region)}`
      if (keyring !== 4 && keyId.split(':')[4] !== ACCOUNT) return `called for a key of another account: ${keyId}`
    }
    if ('attempts' in answer) {
      if (genuine.includes(true)) return 'did not open what its key wrapped'
      const wrong = answer.attempts.find(({ outcome }) => !OUTCOMES.includes(outcome))
      if (wrong !== undefined) return `has the outcome ${wrong.outcome}`
      return answer.attempts.length === given.length ? undefined : 'did not say why of each'
    }
    using opened = answer.secret
    if (mayOpen[answer.edk] !== true) return `opened what no key of its own wrapped: ${answer.edk}`
    return opened.use((bytes) => Buffer.compare(bytes, secret)) === 0 ? undefined : 'opened another secret'
  },
}
