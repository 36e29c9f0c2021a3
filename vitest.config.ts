import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/** Tests on a real machine or in a real browser take minutes, so their files run one after another. */
const slow = {
  environment: 'node',
  fileParallelism: false,
  testTimeout: 120_000,
  hookTimeout: 300_000,
  expect: { poll: { timeout: 30_000 } },
  setupFiles: 'src/host/listener-limit.ts',
} as const;

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        plugins: [svelte()],
        test: {
          name: 'unit',
          environment: 'node',
          include: ['src/**/*.test.ts', 'images/**/*.test.ts', 'test/unit/**/*.test.ts'],
          testTimeout: 20_000,
          // Each module is loaded once for all files: loading took as long as the tests themselves.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          ...slow,
          name: 'machine',
          include: [
            'test/machine/**/*.test.ts',
            'test/cri/**/*.test.ts',
            'test/kubernetes/**/*.test.ts',
            'test/lessons/**/*.test.ts',
          ],
        },
      },
      { extends: true, test: { ...slow, name: 'browser', include: ['test/browser/**/*.test.ts'] } },
    ],
  },
});
