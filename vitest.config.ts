import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Kernel tests share two cores with the traffic they generate; files run one after another.
    fileParallelism: false,
    pool: 'forks',
    setupFiles: [],
  },
});
