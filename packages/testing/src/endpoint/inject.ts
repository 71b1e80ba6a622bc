import type { Call } from './call-log.ts'
import type { Environment } from './endpoint.ts'
import type { FaultInjector } from './faults.ts'
import { ServiceError } from './service-error.ts'

/**
 * Lets the injected faults act on a call before it is carried out. Answers what is left to do to its connection.
 *
 * @throws {@link ServiceError} that the call is to be answered with.
 */
export async function inject<C extends Call>(
  call: C,
  faults: FaultInjector<C>,
  environment: Environment,
  throttled: (call: C) => ServiceError,
  internalError: () => ServiceError,
): Promise<'reset' | 'lost-answer' | 'none'> {
  let outcome: 'lost-answer' | 'none' = 'none'
  for (const effect of faults.meet(call)) {
    switch (effect.kind) {
      case 'latency':
        await environment.sleep(effect.delay(call))
        break
      case 'silent':
        await effect.released
        break
      case 'throttle':
        throw throttled(call)
      case 'fail':
        throw new ServiceError(effect.error.name, effect.error.message ?? 'Injected by the test', effect.error.status ?? 400)
      case 'internal-error':
        throw internalError()
      case 'reset':
        return 'reset'
      case 'lost-answer':
        outcome = 'lost-answer'
    }
  }
  return outcome
}
