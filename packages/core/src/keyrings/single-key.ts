import type { KeySet } from '../keyring.ts'
import type { WrappingKey } from '../wrapping-key.ts'

/** The key set of one key without versions. */
export function singleKey<K extends WrappingKey & { readonly name: string }>(key: K): KeySet<K> {
  return {
    current: async () => key,
    named: async (name) => (name === key.name ? key : undefined),
  }
}
