import { describe, inject } from 'vitest'

/** What the set-up tells the tests. */
type LocalStackState = { readonly endpoint: string } | { readonly missing: string }

declare module 'vitest' {
  interface ProvidedContext {
    localstack: LocalStackState
  }
}

/** Configuration to spread into an SDK client. `KinesisClient` also needs `requestHandler: new NodeHttpHandler()`: LocalStack has no HTTP/2. */
export interface LocalStackConfig {
  readonly endpoint: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

/** The configuration for an endpoint. */
export function localstackConfig(endpoint: string): LocalStackConfig {
  return { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
}

/** A group of tests that need LocalStack: skipped by name where there is none. Only for files under test/integration. */
export function describeOnLocalStack(name: string, tests: (config: LocalStackConfig) => void): void {
  const state = inject('localstack')
  if ('endpoint' in state) describe(name, () => tests(localstackConfig(state.endpoint)))
  // The body still runs, so that every skipped test is named; nothing listens on port 9.
  else describe.skip(`${name} (skipped: ${state.missing})`, () => tests(localstackConfig('http://127.0.0.1:9')))
}
