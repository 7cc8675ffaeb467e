import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { defineConfig } from 'vitest/config';

/** What takes longest, and begins first: alone at the end, it would leave a core without work. */
const LONGEST = [
  'explorer/powercut', 'first-hour/first-hour', 'provision/provision.interpreter', 'cli/update', 'doctor/doctor', 'flash/records-model',
  'provision/host-cut', 'image/commands', 'first-hour/cuts', 'cli/drill', 'cli/story', 'cli/serve', 'door-walk/walk',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const others = await super.sort(files);
    const longest = LONGEST.flatMap((name) => others.filter(({ moduleId }) => moduleId.endsWith(`/${name}.test.ts`)));
    return [...longest, ...others.filter((file) => !longest.includes(file))];
  }
}

export default defineConfig({
  test: {
    include: ['host-tests/**/*.test.ts'],
    globalSetup: ['host-tests/tooling/sign-first.ts'],
    // Bundling and property tests on a slow two-core machine; a test that waits for something polls with a limit of its own.
    testTimeout: 90_000,
    hookTimeout: 180_000,
    // All cores: half of the time is spent waiting for a real interpreter or a socket.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
  },
});
