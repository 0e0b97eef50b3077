import { defineConfig } from 'vitest/config';

/** `npm test` runs `unit`; `.ci/run` runs every project. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/*.test.ts', 'web/src/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'stress',
          include: ['test/stress/**/*.test.ts'],
          pool: 'forks',
          execArgv: ['--expose-gc'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          // Real PostgreSQL and Redis servers, started by the tests.
          name: 'services',
          include: ['test/services/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          // The command as a process: signals, ports, reloads, kills.
          name: 'processes',
          include: ['test/processes/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          // Host scripts, the image's steps, the mock AWS and what talks to it. Tools that are missing are failures.
          name: 'infrastructure',
          // In CI the terminal's colours are on, whatever the output is.
          env: { NO_COLOR: '1' },
          include: ['test/infrastructure/**/*.test.ts', 'test/rehearsal/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 300_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'conformance',
          include: ['test/conformance/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
