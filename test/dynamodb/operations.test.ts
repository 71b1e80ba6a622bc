import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { type EmbeddedDynamoDB, startEmbeddedDynamoDB } from '@strongroom/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { leaks } from '../../packages/kinesis/test/leaks.ts'
import { type Bench, benchOf } from './bench.ts'
import { dialects } from './dialects.ts'
import { itemScenarios } from './item-scenarios.ts'
import { manyScenarios } from './many-scenarios.ts'
import { createTables, MARKER, tablesNamed } from './tables.ts'

describe.each(dialects)('$name', (dialect) => {
  let dynamodb: EmbeddedDynamoDB
  let bench: Bench
  const lines: unknown[] = []
  const log = (...content: unknown[]): void => {
    lines.push(...content)
  }

  beforeAll(async () => {
    dynamodb = await startEmbeddedDynamoDB()
    const plain = new DynamoDBClient({ ...dynamodb.clientConfig, logger: { debug: log, info: log, warn: log, error: log } })
    const tables = tablesNamed('test-')
    await createTables(plain, tables)
    bench = benchOf(plain, tables, dialect)
  })
  afterAll(() => dynamodb.close())

  it.each([...itemScenarios, ...manyScenarios])('%s', (_name, run) => run(bench))

  it('never show plaintext to DynamoDB, to the logger of the SDK or in an error', () => {
    expect(dynamodb.requests.length).toBeGreaterThan(50)
    for (const { body } of dynamodb.requests) expect(leaks(body, MARKER)).toEqual([])
    expect(lines.length).toBeGreaterThan(50)
    for (const line of lines) expect(leaks(line, MARKER)).toEqual([])
    expect(bench.errors.length).toBeGreaterThan(30)
    for (const error of bench.errors) expect(leaks(error, MARKER)).toEqual([])
  })
})
