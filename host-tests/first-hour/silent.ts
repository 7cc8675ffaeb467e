import type { Terminal } from '../../cli/terminal.js';

/** A terminal nobody sits at. */
export function silent(): Terminal {
  return { asks: false, ask: (question) => Promise.reject(new Error(`asked: ${question}`)), say: () => undefined, progress: () => undefined, stopProgress: () => undefined };
}
