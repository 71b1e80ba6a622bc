import type { EmbeddedKms } from '@strongroom/testing'
import { type KeyringPair, makeKeyrings } from '../cells.ts'
import type { Group } from './case.ts'
import type { Exchange } from './exchanges/exchange.ts'
import { branchKeysGroup } from './groups/branch-keys.ts'
import { contextsGroup } from './groups/contexts.ts'
import { ecdhGroup } from './groups/ecdh.ts'
import { framesGroup, unframedGroup } from './groups/frames.ts'
import { hierarchicalGroup } from './groups/hierarchical.ts'
import { hsmGroup } from './groups/hsm.ts'
import { itemsGroup, tablesGroup } from './groups/items.ts'
import { itemsTamperedGroup } from './groups/items-tampered.ts'
import { keyringsGroup } from './groups/keyrings.ts'
import { kmsGroup } from './groups/kms.ts'
import { kmsEcdhGroup } from './groups/kms-ecdh.ts'
import { kmsRsaGroup } from './groups/kms-rsa.ts'
import { makeObjectKeyrings, objectRangesGroup, objectsGroup, objectsTamperedGroup } from './groups/objects.ts'
import { requiredGroup } from './groups/required.ts'
import { streamsGroup } from './groups/streams.ts'
import { suitesGroup } from './groups/suites.ts'
import { tamperedGroup } from './groups/tampered.ts'
import type { SharedHsmKey } from './hsm.ts'

/** All groups, under fresh keys; that of the HSM where there is one. */
export async function makeGroups(
  kms: EmbeddedKms,
  branchKeys: string,
  objects: Exchange,
  tables: Exchange,
  hsmKey: SharedHsmKey | undefined,
): Promise<readonly Group[]> {
  const objectKeyrings = makeObjectKeyrings(kms)
  const keyrings = makeKeyrings()
  const [aes128, aes192, aes256] = keyrings as readonly [KeyringPair, KeyringPair, KeyringPair, ...KeyringPair[]]
  return [
    suitesGroup([aes128, aes192, aes256]),
    keyringsGroup(keyrings),
    ecdhGroup(),
    kmsGroup(kms),
    await kmsRsaGroup(kms),
    await kmsEcdhGroup(kms),
    hierarchicalGroup(),
    await branchKeysGroup(kms, branchKeys),
    ...(hsmKey === undefined ? [] : [hsmGroup(hsmKey)]),
    requiredGroup(aes256),
    contextsGroup(aes256),
    framesGroup(aes256),
    unframedGroup(aes256),
    streamsGroup(aes256),
    tamperedGroup(aes256, aes192),
    itemsGroup(keyrings, kms),
    itemsTamperedGroup(aes256, aes192),
    tablesGroup(aes256, tables),
    objectsGroup(objectKeyrings, objects),
    objectRangesGroup(objectKeyrings, objects),
    objectsTamperedGroup(objectKeyrings, makeObjectKeyrings(kms), objects),
  ]
}
