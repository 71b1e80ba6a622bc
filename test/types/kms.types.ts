// Configurations of KMS keyrings that cannot work do not compile. Every complaint has to be about what its comment names first.
import { KinesisClient } from '@aws-sdk/client-kinesis'
import { KMSClient } from '@aws-sdk/client-kms'
import { kmsDiscoveryKeyring, kmsKey, kmsKeyring, kmsMrkDiscoveryKeyring, kmsMrkKeyring } from '@strongroom/kms'

const keyId = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'

export function keyrings(): void {
  kmsKeyring({ generatorKeyId: keyId, client: new KMSClient({}) })
  kmsKeyring({ keyIds: [keyId], clientFor: (region) => new KMSClient({ region }) })
  kmsMrkKeyring({ generatorKeyId: keyId, keyIds: [keyId] })
  kmsDiscoveryKeyring({ accounts: ['111122223333'], regions: ['eu-west-1'] })
  kmsMrkDiscoveryKeyring({ accounts: 'any', region: 'eu-west-1' })
  // @ts-expect-error KmsKeyringOptions: no key at all
  kmsKeyring({})
  // @ts-expect-error keyIds: no key at all
  kmsMrkKeyring({ grantTokens: ['token'] })
  // @ts-expect-error undefined: a variable that is not set is no key
  kmsKeyring({ generatorKeyId: process.env.KMS_KEY_ARN })
  // @ts-expect-error string: a list of keys, not one
  kmsKeyring({ keyIds: keyId })
  // @ts-expect-error keyId: no key at all
  kmsKey({})
  // @ts-expect-error KinesisClient: a client of another service
  kmsKeyring({ generatorKeyId: keyId, client: new KinesisClient({}) })
  // @ts-expect-error accounts: anybody's key would do
  kmsDiscoveryKeyring({ regions: ['eu-west-1'] })
  // @ts-expect-error everybody: it is 'any', or a list
  kmsDiscoveryKeyring({ accounts: 'everybody' })
  // @ts-expect-error region: replicas are looked for in one Region
  kmsMrkDiscoveryKeyring({ accounts: ['111122223333'] })
}
