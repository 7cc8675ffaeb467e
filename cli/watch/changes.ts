/** Saves under some folders: several in a short time are one. */
import { watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { reasonOf, Refusal } from '../image/refusal.js';

export interface Changes {
  /** Waits for a save since the last call returned, and until none followed it for a moment. Gives the files. */
  next(): Promise<string[]>;
  close(): void;
}

/** An editor writes a file in more than one step, and a checkout more than one file. */
const DEBOUNCE_MS = 250;

/** `folders`, below `root`. Looks at TypeScript alone: editors leave other files for a moment. */
export function watchFolders(root: string, folders: readonly string[], debounceMs = DEBOUNCE_MS): Changes {
  const saved = new Set<string>();
  let wake: () => void = () => undefined;
  let failed: Refusal | undefined;
  const watchers: FSWatcher[] = folders.map((folder) => {
    const refusal = (error: unknown): Refusal => new Refusal(`${join(root, folder)}: cannot be watched: ${reasonOf(error)}; run the command in a checkout`);
    try {
      return watch(join(root, folder), { recursive: true }, (_, name) => {
        if (!name?.endsWith('.ts')) return;
        saved.add(join(folder, name));
        wake();
      }).on('error', (error) => {
        failed = refusal(error);
        wake();
      });
    } catch (error) {
      throw refusal(error);
    }
  });
  return {
    async next() {
      while (!saved.size) {
        if (failed) throw failed;
        await new Promise<void>((resolve) => (wake = resolve));
      }
      for (let seen = -1; seen !== saved.size;) {
        seen = saved.size;
        await new Promise((resolve) => setTimeout(resolve, debounceMs));
      }
      const files = [...saved].sort();
      saved.clear();
      return files;
    },
    close: () => watchers.forEach((each) => each.close()),
  };
}
