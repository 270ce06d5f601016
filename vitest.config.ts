import { availableParallelism } from 'node:os';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

const report = process.env.SPECTER_TEST_REPORT;
const mocked = 'test/unit/**/*.mocked.test.ts';

const project = (
  name: string,
  include: string,
  options: NonNullable<TestProjectInlineConfiguration['test']> = {},
): TestProjectInlineConfiguration => ({
  extends: true,
  test: { name, include: [include], ...options },
});

export default defineConfig({
  test: {
    projects: [
      // Files share processes, where modules are loaded but once.
      project('unit', 'test/unit/**/*.test.ts', { exclude: [mocked], isolate: false }),
      // vi.mock replaces modules for a whole process.
      project('mocked', mocked),
      project('kernel', 'test/kernel/**/*.test.ts'),
    ],
    pool: 'forks',
    // Two, also on a single processor: much of the time kernel tests wait. More would only compete
    // with the traffic that they make.
    maxWorkers: Math.min(Math.max(availableParallelism(), 2), 4),
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: report ? ['default', 'json'] : ['default'],
    ...(report ? { outputFile: { json: report } } : {}),
  },
});
