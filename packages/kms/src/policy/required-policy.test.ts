import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import { createEncryptionClient, generateEcKeyPair, type Keyring, type SuiteId } from '@strongroom/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AuthorisedCall, allows, CallRecorder } from '../../test/iam.ts'
import { type StoreLab, startStoreLab } from '../../test/store-lab.ts'
import type { KeyStore } from '../branch-keys/key-store.ts'
import { scheduleKeyDeletion } from '../branch-keys/schedule-key-deletion.ts'
import { hierarchicalKeyring } from '../hierarchical-keyring.ts'
import { kmsDiscoveryKeyring } from '../kms-discovery-keyring.ts'
import { kmsEcdhKeyring } from '../kms-ecdh-keyring.ts'
import { kmsKeyring } from '../kms-keyring.ts'
import { kmsMrkDiscoveryKeyring } from '../kms-mrk-discovery-keyring.ts'
import { kmsMrkKeyring } from '../kms-mrk-keyring.ts'
import { kmsRsaKeyring } from '../kms-rsa-keyring.ts'
import { kmsHmacPrfKey } from '../prf/kms-hmac-prf-key.ts'
import type { PolicyConfig, PolicyRole } from './policy-config.ts'
import type { PolicyDocument } from './policy-document.ts'
import { requiredPolicy } from './required-policy.ts'

const ACCOUNT = '111122223333'
const encryptionContext = { purpose: 'policies' }
const bytes = new Uint8Array(10)

/** A row of the guide's tables. */
interface Row {
  readonly kind: string
  readonly role: string
  readonly operation: string
  readonly actions: readonly string[]
  readonly conditions: readonly string[]
}

/** What a role does, by the guide's names. */
interface Part {
  readonly config: PolicyConfig
  readonly role: PolicyRole
  readonly operations: Readonly<Record<string, () => Promise<unknown>>>
}

function readGuide(): readonly Row[] {
  const guide = readFileSync(resolve(import.meta.dirname, '../../../../docs/guides/permissions.md'), 'utf8')
  return guide.split(/^## /m).flatMap((section) => {
    const kind = section.slice(0, section.indexOf('\n'))
    return section
      .split('\n')
      .filter((line) => /^\| (writer|reader|rotator|shredder|administrator) /.test(line))
      .map((line) => {
        const [, role = '', operation = '', actions = '', conditions = ''] = line.split('|').map((cell) => cell.trim())
        const quoted = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text as string).toSorted()
        return { kind, role, operation: operation.split(' ')[0] as string, actions: quoted(actions), conditions: quoted(conditions) }
      })
  })
}

const recorder = new CallRecorder((name) => `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/${name}`)
const rows = readGuide()
let lab: StoreLab
let client: KMSClient
let table: DynamoDBClient
let store: KeyStore
let tableArn: string
beforeAll(async () => {
  lab = await startStoreLab()
  client = new KMSClient({ ...lab.kms.clientConfig, maxAttempts: 1 })
  table = new DynamoDBClient({ ...lab.dynamodb.clientConfig, maxAttempts: 1 })
  recorder.watch(client)
  recorder.watch(table)
  store = lab.store({ client: table, kms: { keyId: lab.keyId, client } })
  ;({ tableArn } = await store.createTable())
})
afterAll(async () => {
  client.destroy()
  table.destroy()
  await lab[Symbol.asyncDispose]()
})

async function message(keyring: Keyring, suite: SuiteId): Promise<Uint8Array> {
  return (await createEncryptionClient({ keyring, suite }).encrypt(bytes, { encryptionContext })).ciphertext
}

/** A writer, a reader and a shredder of a keyring. */
async function keyringParts(
  config: PolicyConfig,
  keyring: () => Keyring,
  keyId: string,
  suite: SuiteId = '0578',
): Promise<readonly Part[]> {
  const written = await message(keyring(), suite)
  return [
    { config, role: 'writer', operations: { encrypt: () => message(keyring(), suite) } },
    reader(config, keyring, written),
    { config, role: 'shredder', operations: { scheduleKeyDeletion: () => scheduleKeyDeletion({ keyId, client }) } },
  ]
}
function reader(config: PolicyConfig, keyring: () => Keyring, written: Uint8Array): Part {
  const decrypt = () => createEncryptionClient({ keyring: keyring() }).decrypt(written, { encryptionContext })
  return { config, role: 'reader', operations: { decrypt } }
}

const kinds: Record<PolicyConfig['kind'], () => Promise<readonly Part[]>> = {
  kmsKeyring: async () => {
    const options = { generatorKeyId: lab.kms.createKey(), keyIds: [lab.kms.createKey()] }
    const last = options.keyIds[0] as string
    return keyringParts({ kind: 'kmsKeyring', ...options, encryptionContext }, () => kmsKeyring({ ...options, client }), last)
  },
  kmsMrkKeyring: async () => {
    const multiRegion = { multiRegion: true }
    const options = { generatorKeyId: lab.kms.createKey(undefined, multiRegion), keyIds: [lab.kms.createKey(undefined, multiRegion)] }
    const last = options.keyIds[0] as string
    return keyringParts({ kind: 'kmsMrkKeyring', ...options, encryptionContext }, () => kmsMrkKeyring({ ...options, client }), last)
  },
  kmsDiscoveryKeyring: async () => {
    const written = await message(kmsKeyring({ generatorKeyId: lab.keyId, client }), '0578')
    const filter = { accounts: [ACCOUNT], regions: ['us-east-1'] }
    return [
      reader({ kind: 'kmsDiscoveryKeyring', ...filter, encryptionContext }, () => kmsDiscoveryKeyring({ ...filter, client }), written),
    ]
  },
  kmsMrkDiscoveryKeyring: async () => {
    const written = await message(kmsKeyring({ generatorKeyId: lab.keyId, client }), '0578')
    const filter = { accounts: [ACCOUNT], region: 'us-east-1' }
    const config: PolicyConfig = { kind: 'kmsMrkDiscoveryKeyring', ...filter, encryptionContext }
    return [reader(config, () => kmsMrkDiscoveryKeyring({ ...filter, client }), written)]
  },
  kmsRsaKeyring: async () => {
    const keyId = lab.kms.createKey(undefined, { spec: 'RSA_2048' })
    return keyringParts({ kind: 'kmsRsaKeyring', keyId }, () => kmsRsaKeyring({ keyId, client }), keyId, '0478')
  },
  kmsEcdhKeyring: async () => {
    const keyId = lab.kms.createKey(undefined, { spec: 'ECC_NIST_P256' })
    const { publicKey } = await generateEcKeyPair()
    const schema = 'static'
    const keyring = () => kmsEcdhKeyring({ schema, curve: 'P-256', keyId, recipientPublicKey: publicKey, client })
    return keyringParts({ kind: 'kmsEcdhKeyring', keyId, schema }, keyring, keyId)
  },
  kmsHmacPrfKey: async () => {
    const keyId = lab.kms.createKey(undefined, { spec: 'HMAC_256' })
    const config: PolicyConfig = { kind: 'kmsHmacPrfKey', keyId }
    const prf = async () => (await kmsHmacPrfKey({ keyId, client }).prf(bytes, 32)).dispose()
    return [
      { config, role: 'writer', operations: { prf } },
      { config, role: 'reader', operations: { prf } },
      { config, role: 'shredder', operations: { scheduleKeyDeletion: () => scheduleKeyDeletion({ keyId, client }) } },
    ]
  },
  keyStore: async () => {
    const id = 'policies'
    await store.createKey({ branchKeyId: id, encryptionContext })
    const keyring = () => hierarchicalKeyring({ keyStore: store, branchKeyId: id })
    const written = await message(keyring(), '0578')
    const config: PolicyConfig = { kind: 'keyStore', tableArn, kms: { keyId: lab.keyId }, branchKeyIds: [id, 'new'], beaconKeys: true }
    const getBeaconKey = async () => (await store.getBeaconKey(id)).secret.dispose()
    const { branchKeyIds: _all, ...wholeTable } = config
    const all = async (list: AsyncIterable<unknown>) => {
      for await (const _ of list);
    }
    const taken = () => store.createKey({ branchKeyId: 'new', encryptionContext }).catch(() => {})
    return [
      { config, role: 'writer', operations: { encrypt: () => message(keyring(), '0578'), getBeaconKey } },
      { config, role: 'reader', operations: { ...reader(config, keyring, written).operations, getBeaconKey } },
      {
        config,
        role: 'rotator',
        operations: {
          createKey: async () => [await taken(), await taken()],
          versionKey: () => store.versionKey(id),
          describeKey: () => store.describeKey(id),
          listVersions: () => all(store.listVersions(id)),
        },
      },
      { config: wholeTable, role: 'rotator', operations: { listKeys: () => all(store.listKeys()) } },
      { config, role: 'shredder', operations: { shredKey: () => store.shredKey(id) } },
      {
        config,
        role: 'administrator',
        operations: {
          createTable: async () => {
            const options = { deletionProtection: true, pointInTimeRecovery: true }
            await store.createTable(options)
            await lab.store({ client: table, tableName: 'another', kms: { keyId: lab.keyId, client } }).createTable(options)
          },
        },
      },
    ]
  },
}

const actionsOf = (calls: readonly AuthorisedCall[]) => [...new Set(calls.map(({ action }) => action))].toSorted()
const inPolicy = ({ Statement }: PolicyDocument) => [...new Set(Statement.flatMap(({ Action }) => Action))].toSorted()

/** The condition keys on some actions, by the guide's names. */
function conditionKeys(policy: PolicyDocument, actions: readonly string[], kind: string): readonly string[] {
  const statements = policy.Statement.filter(({ Action }) => Action.some((action) => actions.includes(action)))
  const keys = statements.flatMap(({ Condition = {} }) => Object.values(Condition).flatMap((each) => Object.keys(each)))
  const named = kind === 'keyStore' ? keys : keys.map((key) => key.replace(/^kms:EncryptionContext:.*/, 'kms:EncryptionContext:*'))
  return [...new Set(named)].toSorted()
}

describe('requiredPolicy', () => {
  it.each(Object.keys(kinds) as PolicyConfig['kind'][])(
    'allows what each role calls with %s and nothing else, as the guide lists it',
    async (kind) => {
      const parts = await kinds[kind]()
      const listed = rows.filter((row) => row.kind === kind)
      const seen: string[] = []
      const used = new Map<PolicyRole, Set<string>>()
      for (const { config, role, operations } of parts) {
        const policy = requiredPolicy(config, role)
        for (const [operation, run] of Object.entries(operations)) {
          recorder.take()
          await run()
          const calls = recorder.take().map((call) => (call.resource.endsWith('/another') ? { ...call, resource: tableArn } : call))
          expect(calls.filter((call) => !allows(policy, call))).toEqual([])
          const row = listed.find((each) => each.role === role && each.operation === operation)
          const actions = actionsOf(calls)
          expect({ operation, ...row }).toMatchObject({ operation, role, actions, conditions: conditionKeys(policy, actions, kind) })
          seen.push(`${role} ${operation}`)
          used.set(role, new Set([...(used.get(role) ?? []), ...actions]))
        }
      }
      expect(seen.toSorted()).toEqual(listed.map(({ role, operation }) => `${role} ${operation}`).toSorted())
      for (const { config, role } of parts) {
        const actions = inPolicy(requiredPolicy(config, role))
        expect(actions.filter((action) => used.get(role)?.has(action) !== true)).toEqual([])
      }
      // A role that no row names has no part in it.
      for (const role of ['writer', 'reader', 'rotator', 'shredder', 'administrator'] as const) {
        const [part] = parts
        if (listed.some((row) => row.role === role)) continue
        expect(() => requiredPolicy((part as Part).config, role)).toThrow(
          expect.objectContaining({ code: 'OPTION_INVALID', option: 'role' }),
        )
      }
    },
  )

  it('has no section in the guide that nobody checks', () => {
    expect([...new Set(rows.map(({ kind }) => kind))].toSorted()).toEqual(Object.keys(kinds).toSorted())
  })

  it('keeps a role from another branch key, another item, another key store and another key', async () => {
    await store.createKey({ branchKeyId: 'blue', encryptionContext })
    await store.createKey({ branchKeyId: 'red', encryptionContext })
    const config: PolicyConfig = { kind: 'keyStore', tableArn, kms: { keyId: lab.keyId }, branchKeyIds: ['blue'] }
    const policy = requiredPolicy(config, 'writer')
    const calls = async (run: () => Promise<unknown>) => {
      recorder.take()
      await run()
      return recorder.take()
    }
    expect((await calls(() => store.getActive('blue'))).map((call) => allows(policy, call))).toEqual([true, true])
    const red = await calls(() => store.getActive('red'))
    expect(red.map((call) => allows(policy, call))).toEqual([false, false])
    const { version } = await store.versionKey('blue')
    expect((await calls(() => store.getVersion('blue', version))).map((call) => allows(policy, call))).toEqual([true, false])
    expect((await calls(() => store.getBeaconKey('blue'))).map((call) => allows(policy, call))).toEqual([true, false])
    for (const other of [{ logicalName: 'other' }, { kms: { keyId: lab.kms.createKey() } }]) {
      const [get, open] = await calls(() => store.getActive('blue'))
      const allowed = requiredPolicy({ ...config, ...other }, 'writer')
      expect([allows(allowed, get as AuthorisedCall), allows(allowed, open as AuthorisedCall)]).toEqual([true, false])
    }
    const put = { action: 'dynamodb:PutItem', resource: tableArn, context: new Map([['dynamodb:leadingkeys', ['blue']]]) }
    expect(allows(requiredPolicy(config, 'rotator'), put)).toBe(false)
  })

  it('keeps a reader with a context from every other', () => {
    const config: PolicyConfig = { kind: 'kmsKeyring', keyIds: [lab.keyId], encryptionContext: { tenant: ['blue', 'green'] } }
    const policy = requiredPolicy(config, 'reader')
    const call = (...values: string[]) => ({
      action: 'kms:Decrypt',
      resource: lab.keyId,
      context: new Map(values.map((value) => ['kms:encryptioncontext:tenant', [value]])),
    })
    expect([call('blue'), call('green'), call('red'), call()].map((each) => allows(policy, each))).toEqual([true, true, false, false])
  })

  it('takes values literally that IAM would take for variables', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable
    const branchKeyIds = ['${aws:username}', '$', '*']
    const policy = requiredPolicy({ kind: 'keyStore', tableArn, kms: { keyId: lab.keyId }, branchKeyIds }, 'reader')
    const call = (id: string) => ({ action: 'dynamodb:GetItem', resource: tableArn, context: new Map([['dynamodb:leadingkeys', [id]]]) })
    expect([...branchKeyIds, 'x', ''].map((id) => allows(policy, call(id)))).toEqual([true, true, true, false, false])
    expect(JSON.stringify(policy)).not.toContain(`$${'{aws:'}`)
  })

  it('asks for nothing where nothing is needed, and less where the public key is given', () => {
    const keyId = lab.keyId
    expect(requiredPolicy({ kind: 'kmsRsaKeyring', keyId, publicKeyGiven: true }, 'writer').Statement).toEqual([])
    expect(inPolicy(requiredPolicy({ kind: 'kmsEcdhKeyring', keyId, schema: 'static', publicKeyGiven: true }, 'writer'))).toEqual([
      'kms:DeriveSharedSecret',
    ])
    expect(() => requiredPolicy({ kind: 'kmsEcdhKeyring', keyId, schema: 'discovery' }, 'writer')).toThrow(/no part/)
    const sha1 = requiredPolicy({ kind: 'kmsRsaKeyring', keyId, padding: 'OAEP_SHA1' }, 'reader')
    expect(sha1.Statement[0]?.Condition).toEqual({ StringEquals: { 'kms:EncryptionAlgorithm': ['RSAES_OAEP_SHA_1'] } })
  })

  it('names keys that are found by discovery by patterns, within the filter', () => {
    const of = (config: object) =>
      requiredPolicy({ kind: 'kmsDiscoveryKeyring', ...config } as PolicyConfig, 'reader').Statement[0]?.Resource
    expect(of({ accounts: [ACCOUNT] })).toEqual([`arn:aws:kms:*:${ACCOUNT}:key/*`])
    expect(of({ accounts: 'any' })).toEqual(['arn:*:kms:*:*:key/*'])
    expect(of({ accounts: [ACCOUNT, '444455556666'], partition: 'aws-cn', regions: ['cn-north-1', 'cn-northwest-1'] })).toHaveLength(4)
    const discovery = { accounts: [ACCOUNT], regions: ['eu-west-1'] }
    const config: PolicyConfig = { kind: 'keyStore', tableArn, kms: { discovery } }
    expect(requiredPolicy(config, 'reader').Statement[1]?.Resource).toEqual([`arn:aws:kms:eu-west-1:${ACCOUNT}:key/*`])
    expect(() => requiredPolicy(config, 'rotator')).toThrow(/no part/)
    const one: PolicyConfig = { kind: 'keyStore', tableArn, kms: { multiRegionDiscovery: { accounts: [ACCOUNT], region: 'eu-west-1' } } }
    expect(requiredPolicy(one, 'writer').Statement[1]?.Resource).toEqual([`arn:aws:kms:eu-west-1:${ACCOUNT}:key/*`])
  })

  const keyId = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
  it.each([
    ['nothing', undefined, 'kind'],
    ['an unknown kind', { kind: 'kms' }, 'kind'],
    ['an inherited kind', { kind: 'constructor' }, 'kind'],
    ['an unknown option', { kind: 'kmsRsaKeyring', keyId, keyIds: [keyId] }, 'keyIds'],
    ['no key', { kind: 'kmsKeyring' }, 'generatorKeyId'],
    ['an alias', { kind: 'kmsKeyring', keyIds: [`arn:aws:kms:eu-west-1:${ACCOUNT}:alias/x`] }, 'keyIds[0]'],
    ['a pattern for a key', { kind: 'kmsKeyring', keyIds: [`arn:aws:kms:eu-west-1:${ACCOUNT}:key/*`] }, 'keyIds[0]'],
    ['a pattern for a Region', { kind: 'kmsKeyring', generatorKeyId: `arn:aws:kms:*:${ACCOUNT}:key/x` }, 'generatorKeyId'],
    ['discovery without a word on accounts', { kind: 'kmsDiscoveryKeyring' }, 'accounts'],
    ['a pattern for an account', { kind: 'kmsDiscoveryKeyring', accounts: ['*'] }, 'accounts'],
    ['no table', { kind: 'keyStore', kms: { keyId } }, 'tableArn'],
    ['a pattern for a table', { kind: 'keyStore', kms: { keyId }, tableArn: `arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/*` }, 'tableArn'],
    ['a name for a table', { kind: 'keyStore', kms: { keyId }, tableArn: 'keys' }, 'tableArn'],
    ['no choice of keys', { kind: 'keyStore', kms: {}, tableArn: `arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/keys` }, 'kms.keyId'],
    ['no context', { kind: 'kmsKeyring', keyIds: [keyId], encryptionContext: { a: [] } }, 'encryptionContext'],
    ['an empty list of branch keys', { kind: 'keyStore', kms: { keyId }, tableArn: 'x', branchKeyIds: [] }, 'branchKeyIds'],
  ])('refuses %s', (_what, config, option) => {
    expect(() => requiredPolicy(config as never, 'reader')).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', option }))
  })

  it('refuses a role that nobody has', () => {
    expect(() => requiredPolicy({ kind: 'kmsKeyring', keyIds: [keyId] }, 'owner' as never)).toThrow(
      expect.objectContaining({ option: 'role' }),
    )
  })
})
