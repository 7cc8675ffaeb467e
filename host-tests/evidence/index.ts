/** What can be shown, by name. Each piece of evidence is one JSON object; `scripts/evidence.ts` prints them. */
import { findEspruino } from '../../virtual-board/interpreter/find.js';

/** 0 to 1, and what is being done. */
export type Progress = (share: number, words: string) => void;

export interface EvidenceOptions {
  progress: Progress;
  /** `powercut`: runs this one cut again instead. */
  repeat?: string;
}

/** Loaded when they are asked for: some take whole test worlds with them. */
const EVIDENCE = {
  powercut: async (options: EvidenceOptions) => (await import('./powercut.js')).powercut(options),
  signature: async ({ progress }: EvidenceOptions) => (await import('./signature.js')).signature(progress),
  rows: async ({ progress }: EvidenceOptions) => (await import('./rows.js')).rows(progress),
} satisfies Record<string, (options: EvidenceOptions) => Promise<object>>;

export type EvidenceName = keyof typeof EVIDENCE;

export const EVIDENCE_NAMES = Object.keys(EVIDENCE) as EvidenceName[];
/** Nothing of these can be said without the real interpreter. */
const NEED_INTERPRETER: readonly string[] = ['boot', 'memory'];

/** One piece of evidence, with its name. */
export async function evidenceOf(name: EvidenceName, options: EvidenceOptions): Promise<Record<string, unknown>> {
  const { missing } = findEspruino();
  if (missing !== undefined && NEED_INTERPRETER.includes(name)) return { name, skipped: missing };
  return { name, ...await EVIDENCE[name](options) };
}
