import type { SuiteId } from '@strongroom/core'

/** All suites of ESDK messages. */
export const suiteIds: readonly SuiteId[] = ['0014', '0046', '0078', '0114', '0146', '0178', '0214', '0346', '0378', '0478', '0578']
