import * as client from '@aws-sdk/client-dynamodb'
import * as lib from '@aws-sdk/lib-dynamodb'
import { describe, expect, it } from 'vitest'
import { handlerOf } from './handlers.ts'
import { operationKind, operationOf } from './operations.ts'

const commandsOf = (module: object) =>
  Object.keys(module).filter((name) => /^[A-Z]\w+Command$/.test(name) && name !== 'DynamoDBDocumentClientCommand')

describe('what is known of operations', () => {
  it.each([...commandsOf(client), ...commandsOf(lib)])('covers %s', (command) => {
    const operation = operationOf(command)
    expect(operationKind(operation)).toBeDefined()
    expect(handlerOf(operation) !== undefined).toBe(operationKind(operation) !== 'passes')
  })

  it('is of a few dozen operations, and of no others', () => {
    expect(commandsOf(client).length).toBeGreaterThan(50)
    expect(commandsOf(lib).length).toBeGreaterThan(10)
    for (const name of ['', 'PutItems', 'constructor', '__proto__']) expect(operationKind(name)).toBeUndefined()
  })

  it('covers no operation that the SDK does not have', () => {
    const commands = new Set(commandsOf(client).map(operationOf))
    for (const name of ['PutItem', 'ExecuteStatement', 'ListTables']) expect(commands.has(name)).toBe(true)
  })
})
