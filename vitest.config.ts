import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['host-tests/**/*.test.ts'],
    globalSetup: ['host-tests/tooling/sign-first.ts'],
    // Bundling and property tests on a slow two-core machine; a test that waits for something polls with a limit of its own.
    testTimeout: 90_000,
    hookTimeout: 180_000,
    // All cores: half of the time is spent waiting for a real interpreter or a socket.
    maxWorkers: '100%',
  },
});
