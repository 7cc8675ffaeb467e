/**
 * The wiring record, host side: the JSON text that provisioning puts into the identity pages. The lock reads it with JSON.parse;
 * it was checked before it was written, and nothing writes it again.
 */
import { readWiring } from './shape.js';
import { WIRING_BYTES, type Wiring } from './wiring.js';

/** The text of the record. Throws with one sentence when it does not fit. */
export function packWiring(wiring: Wiring): string {
  const text = JSON.stringify(wiring);
  if (text.length > WIRING_BYTES) throw new Error(`The wiring takes ${text.length} bytes as a record, its place in flash holds ${WIRING_BYTES}: shorten it.`);
  return text;
}

/** Bytes the wiring takes in flash: its text is ASCII (`readWiring` refuses the rest). */
export function recordBytes(wiring: Wiring): number {
  return JSON.stringify(wiring).length;
}

/** The wiring of a record read back from a lock, or undefined where the text is damaged. */
export function unpackWiring(text: string): Wiring | undefined {
  try {
    return readWiring(JSON.parse(text)).wiring;
  } catch {
    return undefined;
  }
}
