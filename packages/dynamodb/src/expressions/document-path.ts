/** Where a value is in an item: a top-level attribute, and names of map entries and indexes of lists below it. */
export interface DocumentPath {
  /** The top-level attribute. */
  readonly attribute: string
  /** What follows it. */
  readonly rest: readonly (string | number)[]
}

/** Whether one of two paths leads to or into the other. */
export function overlap(one: DocumentPath, other: DocumentPath): boolean {
  if (one.attribute !== other.attribute) return false
  const length = Math.min(one.rest.length, other.rest.length)
  return one.rest.slice(0, length).every((part, index) => part === other.rest[index])
}
