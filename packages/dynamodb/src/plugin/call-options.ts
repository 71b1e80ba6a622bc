import type { CallOptions } from '@strongroom/core'
import type { Call } from './call.ts'

/** What the encryption within a call is given. */
export function callOptions({ signal, config: { observer } }: Call): CallOptions {
  return { signal, observer }
}
