import assert from 'node:assert/strict'
import {
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateMacCommand,
  type GenerateMacCommandInput,
  type KMSClient,
  type MacAlgorithmSpec,
  VerifyMacCommand,
} from '@aws-sdk/client-kms'
import { type ConformanceCheck, refused } from './check.ts'
import { newKey } from './kms-key.ts'

const Message = Buffer.from('message')

const sizes = [224, 256, 384, 512] as const

const newMacKey = (client: KMSClient, size: (typeof sizes)[number] = 256): Promise<string> =>
  newKey(client, { KeySpec: `HMAC_${size}`, KeyUsage: 'GENERATE_VERIFY_MAC' })

async function macOf(
  client: KMSClient,
  KeyId: string,
  MacAlgorithm: MacAlgorithmSpec = 'HMAC_SHA_256',
  input: Partial<GenerateMacCommandInput> = {},
): Promise<Uint8Array> {
  const answer = await client.send(new GenerateMacCommand({ KeyId, MacAlgorithm, Message, ...input }))
  assert.equal(answer.KeyId, KeyId)
  assert.equal(answer.MacAlgorithm, MacAlgorithm)
  assert(answer.Mac !== undefined, 'GenerateMac answers a MAC')
  return answer.Mac
}

/** Keys that make MACs. */
export const kmsMacChecks: readonly ConformanceCheck<KMSClient>[] = [
  ...sizes.map(
    (size): ConformanceCheck<KMSClient> => ({
      name: `GenerateMac under HMAC_${size} answers the same ${size / 8} bytes for the same message, and VerifyMac knows them`,
      async run(client) {
        const [KeyId, other] = [await newMacKey(client, size), await newMacKey(client, size)]
        const MacAlgorithm: MacAlgorithmSpec = `HMAC_SHA_${size}`
        const Mac = await macOf(client, KeyId, MacAlgorithm)
        assert.equal(Mac.length, size / 8)
        assert.deepEqual(await macOf(client, KeyId, MacAlgorithm), Mac)
        assert.notDeepEqual(await macOf(client, other, MacAlgorithm), Mac)
        assert.notDeepEqual(await macOf(client, KeyId, MacAlgorithm, { Message: Buffer.from('another') }), Mac)
        const verified = await client.send(new VerifyMacCommand({ KeyId, MacAlgorithm, Message, Mac }))
        assert.equal(verified.MacValid, true)
      },
    }),
  ),
  {
    name: 'an HMAC key tells its algorithm, and is symmetric to nobody',
    async run(client) {
      const KeyId = await newMacKey(client, 384)
      const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }))
      assert.equal(KeyMetadata?.KeySpec, 'HMAC_384')
      assert.equal(KeyMetadata?.KeyUsage, 'GENERATE_VERIFY_MAC')
      assert.deepEqual(KeyMetadata?.MacAlgorithms, ['HMAC_SHA_384'])
      await refused(client.send(new EncryptCommand({ KeyId, Plaintext: Message })), 'InvalidKeyUsageException')
    },
  },
  {
    name: 'GenerateMac refuses the algorithm of another size, and keys that make no MACs',
    async run(client) {
      await refused(macOf(client, await newMacKey(client, 256), 'HMAC_SHA_512'), 'InvalidKeyUsageException')
      await refused(macOf(client, await newKey(client)), 'InvalidKeyUsageException')
    },
  },
  {
    name: 'VerifyMac refuses a MAC that is not of the message',
    async run(client) {
      const KeyId = await newMacKey(client)
      const Mac = await macOf(client, KeyId)
      const call = client.send(new VerifyMacCommand({ KeyId, MacAlgorithm: 'HMAC_SHA_256', Message: Buffer.from('another'), Mac }))
      await refused(call, 'KMSInvalidMacException')
    },
  },
  {
    name: 'GenerateMac takes 1 to 4096 bytes',
    async run(client) {
      const KeyId = await newMacKey(client)
      await macOf(client, KeyId, 'HMAC_SHA_256', { Message: Buffer.alloc(4096) })
      for (const length of [0, 4097]) {
        await refused(macOf(client, KeyId, 'HMAC_SHA_256', { Message: Buffer.alloc(length) }), 'ValidationException')
      }
    },
  },
  {
    name: 'GenerateMac with DryRun makes no MAC',
    async run(client) {
      await refused(macOf(client, await newMacKey(client), 'HMAC_SHA_256', { DryRun: true }), 'DryRunOperationException')
    },
  },
  {
    name: 'a disabled HMAC key makes no MAC',
    async run(client) {
      const KeyId = await newMacKey(client)
      await client.send(new DisableKeyCommand({ KeyId }))
      await refused(macOf(client, KeyId), 'DisabledException')
    },
  },
]
