import { DynamoDBEncryptionError } from '../errors.ts'

/** Words of PartiQL that the name of a table follows. */
const before = new Set(['FROM', 'INTO', 'UPDATE'])
const token = /\s*(?:'(?:[^']|'')*'|"(?<quoted>[^"]*)"|(?<word>[A-Za-z_][A-Za-z0-9_.-]*)|(?<other>--|\/\*|`|[^\s"'`]))/y

/**
 * The tables that a PartiQL statement is about.
 *
 * @throws `OPERATION_UNSUPPORTED`: that cannot be told
 */
export function tablesOfStatement(statement: unknown): readonly string[] {
  if (typeof statement !== 'string') throw unclear()
  const tokens: { readonly text: string; readonly isName: boolean; readonly isWord: boolean }[] = []
  const scanner = new RegExp(token)
  const end = statement.trimEnd().length
  while (scanner.lastIndex < end) {
    const groups = scanner.exec(statement)?.groups
    if (groups === undefined || ['--', '/*', '`'].includes(groups['other'] ?? '')) throw unclear()
    const text = groups['quoted'] ?? groups['word']
    tokens.push({ text: text ?? '', isName: text !== undefined && text !== '', isWord: groups['word'] !== undefined })
  }
  const tables: string[] = []
  for (const [index, { text, isWord }] of tokens.entries()) {
    if (!isWord || !before.has(text.toUpperCase())) continue
    const next = tokens[index + 1]
    if (next?.isName !== true) throw unclear()
    tables.push(next.text)
    // A bare name and its index are one word here, table.index, and names have dots, too.
    for (let dot = next.text.lastIndexOf('.'); next.isWord && dot > 0; dot = next.text.lastIndexOf('.', dot - 1))
      tables.push(next.text.slice(0, dot))
  }
  if (tables.length === 0) throw unclear()
  return tables
}

function unclear(): DynamoDBEncryptionError<'OPERATION_UNSUPPORTED'> {
  return new DynamoDBEncryptionError(
    'OPERATION_UNSUPPORTED',
    'It cannot be told which table a PartiQL statement is about. Send it through a client without encryption if it is about none that is encrypted.',
  )
}
