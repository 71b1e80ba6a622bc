import { isAnything, validateOptions } from '@strongroom/core/options'

/**
 * Refuses options nobody reads, where their values need no check: a misspelt one would silently test something else.
 *
 * @throws `OPTION_INVALID`
 */
export function checkOptionNames(where: string, options: object, known: readonly string[]): void {
  validateOptions(where, options, Object.fromEntries(known.map((name) => [name, isAnything])))
}
