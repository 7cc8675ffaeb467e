/** What can be shown, by name. Each piece of evidence is one JSON object; `scripts/evidence.ts` prints them. */

/** 0 to 1, and what is being done. */
export type Progress = (share: number, words: string) => void;

export interface EvidenceOptions {
  progress: Progress;
  /** `powercut`, `door`: runs this one cut, or this walk, again instead. */
  repeat?: string;
}

/** Loaded when they are asked for: some take whole test worlds with them. */
const EVIDENCE = {
  powercut: async (options: EvidenceOptions) => (await import('./powercut.js')).powercut(options),
  signature: async ({ progress }: EvidenceOptions) => (await import('./signature.js')).signature(progress),
  memory: async ({ progress }: EvidenceOptions) => (await import('./memory.js')).memory(progress),
  boot: async ({ progress }: EvidenceOptions) => (await import('./boot.js')).boot(progress),
  firstHour: async ({ progress }: EvidenceOptions) => (await import('./first-hour.js')).firstHour(progress),
  door: async (options: EvidenceOptions) => (await import('./door.js')).door(options),
  latency: async ({ progress }: EvidenceOptions) => (await import('./latency.js')).latency(progress),
  rows: async ({ progress }: EvidenceOptions) => (await import('./rows.js')).rows(progress),
} satisfies Record<string, (options: EvidenceOptions) => Promise<object>>;

export type EvidenceName = keyof typeof EVIDENCE;

export const EVIDENCE_NAMES = Object.keys(EVIDENCE) as EvidenceName[];

/** One piece of evidence, with its name. What needs the real interpreter has `skipped`, and why, where there is none. */
export async function evidenceOf(name: EvidenceName, options: EvidenceOptions): Promise<Record<string, unknown>> {
  return { name, ...await EVIDENCE[name](options) };
}
