import { type AeadKey, aeadKeyring, generateAesKey, type Keyring, rawAesKey, StrongroomError } from '@strongroom/core'

/** A raw AES keyring whose key counts its uses, and fails or waits when told to. */
export interface ControlledKey {
  readonly keyring: Keyring
  seals: number
  opens: number
  /** Code of the error that every use throws. */
  failure: 'KEY_TRANSIENT' | 'KEY_OPERATIONAL' | 'KEY_SHREDDED' | undefined
  /** What every use waits for first. */
  gate: (() => Promise<void>) | undefined
}

export function controlledKey(name = 'controlled'): ControlledKey {
  const raw = rawAesKey({ name, key: generateAesKey() })
  async function meet(): Promise<void> {
    await control.gate?.()
    if (control.failure !== undefined) throw new StrongroomError(control.failure, `The key ${name} failed.`)
  }
  const key: AeadKey = {
    kind: 'aead',
    name,
    async seal(...args) {
      control.seals += 1
      await meet()
      return raw.seal(...args)
    },
    async open(...args) {
      control.opens += 1
      await meet()
      return raw.open(...args)
    },
  }
  const keys = { current: async () => key, named: async (wanted: string) => (wanted === name ? key : undefined) }
  const control: ControlledKey = {
    keyring: aeadKeyring({ namespace: 'lab', keys }),
    seals: 0,
    opens: 0,
    failure: undefined,
    gate: undefined,
  }
  return control
}
