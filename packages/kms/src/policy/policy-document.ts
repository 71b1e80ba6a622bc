/** The conditions of a statement: operators, condition keys, and the values that are allowed. */
export type PolicyCondition = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>

/** What a policy allows. */
export interface PolicyStatement {
  /** A name for people; letters and digits. */
  readonly Sid: string
  /** Nothing is denied. */
  readonly Effect: 'Allow'
  /** Actions, by IAM's names. */
  readonly Action: readonly string[]
  /** ARNs, or `*` for actions that IAM does not limit to a resource. */
  readonly Resource: readonly string[]
  /** When it is allowed. */
  readonly Condition?: PolicyCondition
}

/** An IAM policy: give it to IAM in JSON. One without statements allows nothing, since nothing is needed, and is none that IAM takes. */
export interface PolicyDocument {
  /** Version of the policy language. */
  readonly Version: '2012-10-17'
  /** What is allowed. */
  readonly Statement: readonly PolicyStatement[]
}

/** A statement; conditions that allow everything are left out. */
export function allow(
  Sid: string,
  Action: readonly string[],
  Resource: readonly string[],
  ...conditions: readonly (PolicyCondition | undefined)[]
): PolicyStatement {
  const Condition: Record<string, Record<string, readonly string[]>> = {}
  for (const condition of conditions)
    for (const [operator, keys] of Object.entries(condition ?? {})) Condition[operator] = { ...Condition[operator], ...keys }
  return { Sid, Effect: 'Allow', Action, Resource, ...(Object.keys(Condition).length === 0 ? {} : { Condition }) }
}

/** A value as it is, in a condition: IAM would put a variable's value in the place of `${...}`. */
export function literal(value: string): string {
  return value.replaceAll('$', () => `$${'{$}'}`)
}
