/**
 * Sends every command of an SDK through an encrypted client of it, each with a marked plaintext wherever bytes or text go, and looks for the marker in
 * what arrives and in what the SDK logs. Prints what it saw as JSON. The SDK in the folder that the first argument names takes the place of the one that is
 * installed, for this package as well.
 */
import { createRequire, registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { generateAesKey, rawAesKeyring } from '@strongroom/core'
import { startEmbeddedS3 } from '@strongroom/testing'
import { operationKind, operationOf } from '../../packages/s3/src/plugin/operations.ts'

const MARKER = 'MARKER-4000-0012-3456-7899'
const [folder] = process.argv.slice(2)
if (folder !== undefined) {
  const name = '@aws-sdk/client-s3'
  const url = pathToFileURL(createRequire(`${folder}/x.js`).resolve(name)).href
  registerHooks({ resolve: (specifier, context, next) => (specifier === name ? { url, shortCircuit: true } : next(specifier, context)) })
}
const sdk = await import('@aws-sdk/client-s3')
const { EncryptedUpload, withEncryption } = await import('@strongroom/s3')

type Command = new (input: object) => InstanceType<typeof sdk.PutObjectCommand>
const lines: string[] = []
/** Operations that carry no body pass as they are, with whatever parameters of others; old versions log those too. */
const log = (...content: unknown[]): void => {
  const { commandName = '' } = (content[0] ?? {}) as { commandName?: string }
  if (operationKind(operationOf(commandName)) !== 'passes') lines.push(inspect(content, { depth: 4 }))
}
await using s3 = await startEmbeddedS3({ minPartBytes: 1 })
const [Bucket, Key] = ['documents', 'order-1']
s3.createBucket(Bucket)
const plain = new sdk.S3Client({ ...s3.clientConfig, maxAttempts: 1, logger: { debug: log, info: log, warn: log, error: log } })
const keyring = rawAesKeyring({ namespace: 's3', name: 'kek', key: generateAesKey() })
const client = withEncryption(plain, { keyring })

/** Whether a round trip brings back what was put. */
async function goesRound(): Promise<boolean> {
  await client.send(new sdk.PutObjectCommand({ Bucket, Key, Body: MARKER }))
  const { Body } = await client.send(new sdk.GetObjectCommand({ Bucket, Key }))
  return (await Body?.transformToString()) === MARKER
}

async function uploads(): Promise<boolean> {
  const text = MARKER.repeat(50)
  await new EncryptedUpload({ client, params: { Bucket, Key, Body: text }, partSize: 500, minPartSize: 1 }).done()
  const { Body } = await client.send(new sdk.GetObjectCommand({ Bucket, Key }))
  return (await Body?.transformToString()) === text
}

const round = await goesRound()
const upload = await uploads()
const commands = Object.entries(sdk).filter(([name, value]) => /^[A-Z]\w+Command$/.test(name) && typeof value === 'function')
const common = {
  ...{ Bucket, Key, UploadId: 'u', PartNumber: 1, CopySource: `${Bucket}/${Key}`, RenameSource: `${Bucket}/${Key}`, Body: MARKER },
  ...{ AnnotationName: 'a', ExpressionType: 'SQL', RequestRoute: 'route', RequestToken: 'token', Id: 'i' },
}
/** Members that carry text of the caller's, where a command has them. */
function inputOf(name: string): object {
  if (name === 'PutObjectAnnotationCommand') return { ...common, AnnotationPayload: MARKER }
  return name === 'SelectObjectContentCommand' ? { ...common, Expression: MARKER } : common
}
for (const [name, value] of commands) {
  const made = value as unknown as Command
  await Promise.race([
    client.send(new made(inputOf(name))).catch(() => undefined),
    // A command that streams in both directions may not end.
    new Promise((resolve) => setTimeout(resolve, 2000).unref()),
  ])
}
const leaking = (): readonly string[] =>
  s3.requests
    .filter(({ body, headers }) => Buffer.from(body).includes(MARKER) || JSON.stringify(headers).includes(MARKER))
    .map(({ operation }) => operation)
const logged = (): number => lines.filter((line) => line.includes(MARKER)).length
const seen = { commands: commands.length, requests: s3.requests.length, lines: lines.length, leaking: leaking(), logged: logged() }
// What does leak is found.
await plain.send(new sdk.PutObjectCommand({ Bucket, Key, Body: MARKER }))
const control = { leaking: leaking(), isLogged: logged() > 0 }
plain.destroy()
console.log(JSON.stringify({ round, upload, ...seen, control }))
process.exit()
