/** How fast an upload is, and how long it will take. */
import type { Time } from '../smp/link.js';

export interface Meter {
  progress(sent: number, total: number): void;
  /** For the end: `12.3 kB/s, 6 s`. */
  summary(): string;
}

export function createMeter(time: Time, show: (done: number, all: number, words: string) => void): Meter {
  let first: { ms: number; bytes: number } | undefined;
  let last = { ms: 0, bytes: 0 };

  /** Bytes a second since the first answer: what was there before counts for nothing. */
  const rate = (): number => (first && last.ms > first.ms ? (last.bytes - first.bytes) / (last.ms - first.ms) * 1000 : 0);
  const speed = (): string => `${(rate() / 1000).toFixed(1)} kB/s`;
  return {
    progress(sent, total) {
      last = { ms: time.nowMs(), bytes: sent };
      first ??= last;
      show(sent, total, rate() ? `${speed()}, ${Math.ceil((total - sent) / rate())} s left` : 'sending');
    },
    summary: () => (rate() ? `${speed()}, ${Math.ceil((last.ms - first!.ms) / 1000)} s` : 'it was there already'),
  };
}
