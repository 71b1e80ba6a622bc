import { defineConfig } from 'vitest/config'

// The private export condition runs every package from its source: no build before tests. Vite adds import, require and default by itself, and workers get the list as it is: with 'import' in it a require() would be given ES modules.
const conditions = ['@strongroom/source', 'node']

// Two processes and dying workers on one token, tokens that go away under load: minutes, and more on a busy machine.
const slowOnly = process.env['SLOW'] === undefined ? ['test/hsm/sharing.test.ts', 'test/hsm/outage.test.ts'] : []

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
          exclude: ['test/integration/**', 'test/packages/**', '**/node_modules/**', ...slowOnly],
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
