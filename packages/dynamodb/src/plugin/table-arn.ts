/** The name of a table in what a request calls TableName: a name, or the ARN of a table, of an index or of a stream of it. */
export function tableNameOf(tableName: string): string {
  const match = /^arn:[^:]*:dynamodb:[^:]*:[^:]*:table\/([^/]+)(?:\/.*)?$/.exec(tableName)
  return match?.[1] ?? tableName
}
