import { defineConfig } from 'vitest/config'

// The private export condition runs every package from its source: no build before tests.
const conditions = ['@strongroom/source', 'node', 'import', 'module', 'default']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 30_000,
  },
})
