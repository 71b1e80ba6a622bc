/** A log filter of the SDK: makes what is logged of an input or output. */
type LogFilter = (value: unknown) => unknown

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
function withoutItems(filter: LogFilter | undefined): LogFilter {
  return (value) => {
    if (typeof value !== 'object' || value === null) return value
    const members = Object.entries(value).map(([name, member]) => [name, shown.has(name) ? member : HIDDEN])
    const safe: unknown = Object.fromEntries(members)
    return filter === undefined ? safe : filter(safe)
  }
}

/** A context of the SDK, as far as loggers look at it. */
export interface LogContext {
  inputFilterSensitiveLog?: LogFilter
  outputFilterSensitiveLog?: LogFilter
}

/** Sets the filters of a context. Some versions of lib-dynamodb set filters that take their place: those are answered by these, and set in vain. */
export function keepItemsOutOfLogs(context: LogContext): void {
  const input = withoutItems(context.inputFilterSensitiveLog)
  const output = withoutItems(context.outputFilterSensitiveLog)
  context.inputFilterSensitiveLog = input
  context.outputFilterSensitiveLog = output
  Object.defineProperty(context, 'dynamoDbDocumentClientOptions', {
    get: () => ({ overrideInputFilterSensitiveLog: input, overrideOutputFilterSensitiveLog: output }),
    set: () => {},
    configurable: true,
    enumerable: true,
  })
}
