import type { SeededRandom } from './random.ts'

/** What an input may be made of, so that it can be shown and read back. */
export type InputValue =
  | string
  | number
  | boolean
  | undefined
  | Uint8Array
  | readonly InputValue[]
  | { readonly [name: string]: InputValue }

/** Something to try inputs on. */
export interface Target<Input extends InputValue = InputValue> {
  readonly name: string
  /** Inputs that are in order, or nearly: what mutation starts from. */
  seeds(): readonly Input[] | Promise<readonly Input[]>
  /** Another input; parts may come from `other`, which is one of the corpus. */
  mutate(input: Input, other: Input, random: SeededRandom): Input
  /** Tries an input. Answers what should not have come of it, or undefined. Whatever it throws is a finding too. */
  run(input: Input): Promise<string | undefined>
}

/** An input as one line of text. */
export function showInput(input: InputValue): string {
  return JSON.stringify(input, function (this: Record<string, unknown>, name, value: unknown) {
    const original = this[name]
    return original instanceof Uint8Array ? { hex: Buffer.from(original).toString('hex') } : value
  })
}

/** The input that a line of text shows. */
export function readInput(text: string): InputValue {
  return JSON.parse(text, (_, value: unknown) => {
    const hex = typeof value === 'object' && value !== null ? (value as { hex?: unknown }).hex : undefined
    return typeof hex === 'string' ? Buffer.from(hex, 'hex') : value
  }) as InputValue
}
