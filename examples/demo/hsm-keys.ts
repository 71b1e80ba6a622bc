import type { Keyring } from '@strongroom/core'
import { toAwsKeyring } from '@strongroom/core/aws-crypto'
import { createHsmKey, type HsmToken, hsmKeyring, openHsmToken } from '@strongroom/pkcs11'
import type { CountedKeyring, DemoKeys } from './keys.ts'
import { type SoftHsm, startSoftHsm } from './soft-hsm.ts'

const LABEL = 'strongroom demo'
const ALIAS = 'orders'

/** Keys in an HSM, whose token can be pulled out. */
export interface HsmKeys extends DemoKeys, AsyncDisposable {
  readonly token: HsmToken
  readonly alias: string
  unplug(): void
  plug(): void
}

/** A key in a token of SoftHSM2 that this run makes. */
export async function hsmKeys(): Promise<HsmKeys> {
  const hsm: SoftHsm = startSoftHsm([LABEL])
  const token = openHsmToken({ library: hsm.library, slot: { label: LABEL }, pin: hsm.pin, deadlineMs: 2_000 })
  const key = await createHsmKey(token, { alias: ALIAS })
  // `refreshMs: 0`: a version that somebody makes is used at once. By default it takes a minute.
  const make = (): Keyring => hsmKeyring({ token, namespace: 'strongroom-demo', alias: ALIAS, refreshMs: 0 })
  const counted = (): CountedKeyring => {
    const counts = { 'dataKey.generated': 0, 'dataKey.unwrapped': 0 }
    return {
      keyring: make(),
      observer({ type }) {
        if (type === 'dataKey.generated' || type === 'dataKey.unwrapped') counts[type] += 1
      },
      calls() {
        const { 'dataKey.generated': wraps, 'dataKey.unwrapped': unwraps } = counts
        return [wraps > 0 ? `${wraps} wrap` : '', unwraps > 0 ? `${unwraps} unwrap` : ''].filter(Boolean).join(', ') || 'none'
      },
    }
  }
  return {
    place: 'an HSM',
    service: 'HSM',
    description: `HSM key ${key.name}, check value ${key.checkValue}, in the token "${LABEL}" of ${hsm.library}`,
    oneMade: '1 wrap',
    oneOpened: '1 unwrap',
    producer: counted,
    consumer: counted,
    official: () => toAwsKeyring(make()),
    token,
    alias: ALIAS,
    unplug: () => hsm.unplug(LABEL),
    plug: () => hsm.plug(LABEL),
    async [Symbol.asyncDispose]() {
      await token.close()
      hsm[Symbol.dispose]()
    },
  }
}
