import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { type Bench, benchOf } from '../dynamodb/bench.ts'
import { dialects } from '../dynamodb/dialects.ts'
import { itemScenarios } from '../dynamodb/item-scenarios.ts'
import { manyScenarios } from '../dynamodb/many-scenarios.ts'
import { createTables, deleteTables, tablesNamed } from '../dynamodb/tables.ts'
import { describeOnLocalStack } from '../support/localstack.ts'

describeOnLocalStack('encrypted items on LocalStack', (config) => {
  describe.each(dialects.map((dialect, index) => ({ ...dialect, index })))('$name', (dialect) => {
    const plain = new DynamoDBClient(config)
    const tables = tablesNamed(`strongroom-${process.pid}-${dialect.index}-`)
    let bench: Bench

    beforeAll(async () => {
      await createTables(plain, tables)
      bench = benchOf(plain, tables, dialect)
    })
    afterAll(async () => {
      await deleteTables(plain, tables)
      plain.destroy()
    })

    it.each([...itemScenarios, ...manyScenarios])('%s', (_name, run) => run(bench))
  })
})
