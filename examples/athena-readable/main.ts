/**
 * A CSV that Amazon Athena can query though it is encrypted on the client: `npx node --conditions=@strongroom/source
 * examples/athena-readable/main.ts`. S3 and KMS are embedded endpoints. Exits with 1 where anything is not as claimed.
 *
 * Athena reads what the S3 Encryption Client wrote before key commitment: format V2, the envelope in the metadata, a data key of KMS. The table says so:
 *
 *     CREATE EXTERNAL TABLE orders (id string, total decimal(10,2))
 *     ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
 *     LOCATION 's3://orders/csv/'
 *     TBLPROPERTIES ('has_encrypted_data' = 'true')
 *
 * and whoever runs the query needs `kms:Decrypt` on the key. That Athena reads objects of this program was not tried on AWS; what its documentation asks of
 * them is checked below.
 */

import { KMSClient } from '@aws-sdk/client-kms'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { isStrongroomError } from '@strongroom/core'
import { kmsKeyring } from '@strongroom/kms'
import { withEncryption } from '@strongroom/s3'
import { startEmbeddedKms, startEmbeddedS3 } from '@strongroom/testing'
import { Report } from '../demo/report.ts'

const at = { Bucket: 'orders', Key: 'csv/2026-11.csv' }
const CSV = 'order-1,19.90\norder-2,7.50\n'

const report = new Report()
await using s3 = await startEmbeddedS3()
await using kms = await startEmbeddedKms()
s3.createBucket(at.Bucket)
const plain = new S3Client(s3.clientConfig)
const kmsClient = new KMSClient(kms.clientConfig)
const keyring = kmsKeyring({ generatorKeyId: kms.createKey(), client: kmsClient })

report.step('A CSV is put in the format that Athena reads')
// Not committed to its key: use it for what Athena, EMR or S3A read, and the default for everything else.
const athena = withEncryption(plain, { keyring, commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT', format: 'v2' })
await athena.send(new PutObjectCommand({ ...at, Body: CSV, ContentType: 'text/csv' }))
const { Metadata = {} } = await plain.send(new GetObjectCommand(at))
for (const [name, value] of Object.entries(Metadata)) report.say(`x-amz-meta-${name}: ${value.slice(0, 60)}`)
report.claim('the body is AES-GCM, as in V2', Metadata['x-amz-cek-alg'] === 'AES/GCM/NoPadding')
report.claim('its data key is from KMS', Metadata['x-amz-wrap-alg'] === 'kms+context')
report.claim(
  'the length of the text is told, by which queries are split',
  Metadata['x-amz-unencrypted-content-length'] === String(CSV.length),
)
report.claim('there is no entry of V3', !['x-amz-c', 'x-amz-d', 'x-amz-i', 'x-amz-3'].some((name) => name in Metadata))

report.step('It is read')
const { Body } = await athena.send(new GetObjectCommand(at))
report.claim('by the client that wrote it', (await Body?.transformToString()) === CSV)
const strict = await withEncryption(plain, { keyring })
  .send(new GetObjectCommand(at))
  .catch((error: unknown) => error)
report.claim('a client of the default policy refuses it', isStrongroomError(strict, 'SUITE_FORBIDDEN'))
const between = withEncryption(plain, { keyring, commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT' })
const read = await between.send(new GetObjectCommand(at))
report.claim('one that writes V3 and still reads V2 reads it', (await read.Body?.transformToString()) === CSV)

plain.destroy()
kmsClient.destroy()
console.log(report.failures === 0 ? '\nEverything was as claimed.' : `\n${report.failures} claims did not hold.`)
process.exitCode = report.failures === 0 ? 0 : 1
