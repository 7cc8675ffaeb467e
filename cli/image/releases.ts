/** The record of what was signed with which key, one JSON object a line: the answer to "which locks could this key have reached". */
import { appendFile } from 'node:fs/promises';
import { reasonOf, Refusal } from './refusal.js';

export interface Release {
  version: string;
  /** Value of TLV 0x10, hex. */
  digest: string;
  purpose: string;
  keyId: string;
  /** ISO 8601 */
  date: string;
  family: string;
  channel: string;
  securityCounter: number;
}

export async function appendRelease(file: string, release: Release): Promise<void> {
  try {
    await appendFile(file, `${JSON.stringify(release)}\n`, { flush: true });
  } catch (error) {
    throw new Refusal(`${file}: cannot record the signature: ${reasonOf(error)}; name a writable file with --releases`);
  }
}
