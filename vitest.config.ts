import { defineConfig } from 'vitest/config'

// The private export condition runs every package from its source: no build before tests. Vite adds import, require and default by itself, and workers get the list as it is: with 'import' in it a require() would be given ES modules.
const conditions = ['@strongroom/source', 'node']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    testTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['test/integration/**', 'test/packages/**', '**/node_modules/**'],
          globalSetup: ['test/support/vectors-setup.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          // Starts LocalStack, only when a file of this project runs.
          globalSetup: ['test/support/localstack-setup.ts'],
          testTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'packages',
          include: ['test/packages/**/*.test.ts'],
          // Builds, packs and unpacks the published packages in a temporary folder, only when a file of this project runs.
          globalSetup: ['test/packages/packages-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
