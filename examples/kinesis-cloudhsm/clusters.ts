import type { Keyring } from '@strongroom/core'
import { createHsmKey, type HsmToken, hsmKeyring, openHsmToken } from '@strongroom/pkcs11'
import { type SoftHsm, startSoftHsm } from '../demo/soft-hsm.ts'

/**
 * How a cluster is reached. Of AWS CloudHSM: the library is /opt/cloudhsm/lib/libcloudhsm_pkcs11.so, each cluster that `configure-pkcs11 add-cluster`
 * added is a slot, and the PIN is `user:password` of a crypto user.
 */
export interface ClusterAddress {
  readonly library: string
  readonly label: string
  readonly pin: string
}

/** One cluster, with a key of its own: no key is ever copied from one to the other. */
export interface Cluster {
  readonly name: string
  readonly token: HsmToken
  readonly keyring: Keyring
}

const ALIAS = 'orders'

/** Opens a cluster, and makes its key where that is not done. */
export async function openCluster({ library, label, pin }: ClusterAddress): Promise<Cluster> {
  // A cluster that does not answer is given up after two seconds, and after two such calls left alone for one.
  const token = openHsmToken({
    library,
    slot: { label },
    pin,
    deadlineMs: 2_000,
    circuit: { failures: 2, coolDownMs: 1_000 },
  })
  await createHsmKey(token, { alias: ALIAS })
  // The namespace tells whose the key is: both have the label orders/v0001.
  return { name: label, token, keyring: hsmKeyring({ token, namespace: label, alias: ALIAS }) }
}

/** Two clusters for this run, which are tokens of SoftHSM2. */
export function softClusters(): { readonly hsm: SoftHsm; readonly addresses: readonly [ClusterAddress, ClusterAddress] } {
  const labels = ['cluster-a', 'cluster-b'] as const
  const hsm = startSoftHsm(labels)
  const address = (label: string): ClusterAddress => ({ library: hsm.library, label, pin: hsm.pin })
  return { hsm, addresses: [address(labels[0]), address(labels[1])] }
}
