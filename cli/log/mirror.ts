/**
 * A board's flash as it is here: pages come over when something looks at them, and again only when their digest has changed. What reads it
 * does so at once, as from memory; it is called anew until everything that it looked at is there.
 */
import { PAGE_BYTES } from '../../firmware/flash/layout.js';
import type { Platform } from '../../firmware/platform/types.js';
import { hashOf, type RawFlash } from '../board/raw-flash.js';
import { createHostPlatform } from '../host-platform.js';

export interface Mirror {
  /** All of it; what was never looked at is 0xFF. */
  readonly bytes: Uint8Array;
  look<T>(read: (bytes: Uint8Array, platform: Platform, base: number) => T): Promise<T>;
}

/** `before`: the bytes of an earlier mirror of the same board. */
export function createMirror(raw: Pick<RawFlash, 'hashes' | 'read'>, base: number, length: number, before?: Uint8Array): Mirror {
  const bytes = before ?? new Uint8Array(length).fill(0xff);

  /** Brings pages up to date, given by their numbers in order. */
  async function fetch(pages: readonly number[]): Promise<void> {
    for (let from = 0; from < pages.length;) {
      let to = from + 1;
      while (to < pages.length && pages[to] === pages[to - 1]! + 1) to++;
      const hashes = await raw.hashes(base + pages[from]! * PAGE_BYTES, to - from);
      for (let index = from; index < to; index++) {
        const at = pages[index]! * PAGE_BYTES;
        if (hashOf(bytes.subarray(at, at + PAGE_BYTES)) !== hashes[index - from]) bytes.set(await raw.read(base + at, PAGE_BYTES), at);
      }
      from = to;
    }
  }

  return {
    bytes,
    async look(read) {
      const fresh = new Set<number>();
      for (;;) {
        const touched = new Set<number>();
        const note = (from: number, count: number): void => {
          for (let page = Math.floor((from - base) / PAGE_BYTES); page * PAGE_BYTES < from - base + count; page++) if (!fresh.has(page)) touched.add(page);
        };
        const platform = createHostPlatform(bytes, base) as Platform;
        const { flash } = platform;
        platform.flash = {
          ...flash,
          read: (count, from) => {
            note(from, count);
            return flash.read(count, from);
          },
          text: (from, count) => {
            note(from, count);
            return flash.text(from, count);
          },
        };
        let result: { value: ReturnType<typeof read> } | { error: unknown };
        try {
          result = { value: read(bytes, platform, base) };
        } catch (error) {
          result = { error };
        }
        if (!touched.size) {
          if ('error' in result) throw result.error;
          return result.value;
        }
        const pages = [...touched].sort((a, b) => a - b);
        await fetch(pages);
        for (const page of pages) fresh.add(page);
      }
    },
  };
}
