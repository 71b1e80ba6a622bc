/** A log filter of the SDK: makes what is logged of an input or output. */
export type LogFilter = (value: unknown) => unknown

const HIDDEN = '***SensitiveInformation***'

/** Members of inputs and outputs that say nothing about items. */
const shown = new Set([
  'ConsistentRead',
  'ConsumedCapacity',
  'Count',
  'IndexName',
  'Limit',
  'ReturnConsumedCapacity',
  'ReturnItemCollectionMetrics',
  'ReturnValues',
  'ReturnValuesOnConditionCheckFailure',
  'ScanIndexForward',
  'ScannedCount',
  'Segment',
  'Select',
  'TableName',
  'TotalSegments',
])

/**
 * Keeps items out of logs. The SDK's logger, DocumentClient's as well, runs outside of the encryption and would print plaintext; of inputs and
 * outputs that carry items it gets what is known to be no part of one.
 */
export function withoutItems(filter: LogFilter | undefined): LogFilter {
  return (value) => {
    const filtered = filter === undefined ? value : filter(value)
    if (typeof filtered !== 'object' || filtered === null) return filtered
    return Object.fromEntries(Object.entries(filtered).map(([name, member]) => [name, shown.has(name) ? member : HIDDEN]))
  }
}
