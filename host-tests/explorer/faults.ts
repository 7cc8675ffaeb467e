/** Faults planted in the real sources: an explorer that misses one of them is worth nothing. */
import type { Mutation } from '../../scripts/plant.js';
import { createExplorer, type Explorer } from './explore.js';
import { openLab, plantFault, type ImageName, type Lab } from './lab.js';
import { createStages, type Stages } from './stages.js';

export interface Fault {
  name: string;
  mutations: Mutation[];
  /** Flows that show it, the likeliest first. */
  flows: string[];
  /** Images that run in these flows. */
  apps: ImageName[];
  /** The bootloader has the fault too, or alone. */
  boot?: boolean;
  /** First operation worth cutting. */
  from?: number;
  /** The fault shows after an erase was cut, this often inside. It is not there before: it might leave the erase out. */
  tornErases?: number;
}

const JOURNAL = 'firmware/flash/journal.ts';
const WRITER = 'firmware/flash/journal-writer.ts';

export const FAULTS: readonly Fault[] = [
  {
    name: 'journal CRC ignored', flows: ['confirm', 'test'], apps: ['old', 'new'], boot: true,
    mutations: [{ file: JOURNAL, find: 'if (words[at + CRC_AT / 4] === crc32(new Uint8Array(words.buffer, at * 4, CRC_AT))) {', replace: 'if (region) {' }],
  },
  {
    name: 'journal page switched before it is copied', flows: ['journalCompaction'], apps: ['old'], boot: true,
    mutations: [{
      file: WRITER, find: '    const moved = new Uint8Array(KINDS);\n',
      replace: '    const moved = new Uint8Array(KINDS);\n    writePageHeader(region, state.crc32, page, JOURNAL_MAGIC, state.generation + 1, state.floor, state.failingPages);\n',
    }],
  },
  {
    name: 'compaction without copy', flows: ['journalCompaction'], apps: ['old'], boot: true,
    mutations: [{ file: WRITER, find: 'if (!isNew && !from) continue;', replace: 'if (!isNew) continue;' }],
  },
  {
    name: 'older journal page counts', flows: ['journalCompaction'], apps: ['old'], boot: true,
    mutations: [{ file: JOURNAL, find: 'if (header[GENERATION]! <= generation) {', replace: 'if (generation && header[GENERATION]! >= generation) {' }],
  },
  {
    name: 'used marks lost in compaction', flows: ['journalCompaction'], apps: ['old'], boot: true,
    mutations: [{ file: WRITER, find: 'if (freshMark >= at && freshMark < at + CELL_BYTES) bytes.fill', replace: 'bytes.fill(0xff, RECORD_BYTES);\n        if (freshMark >= at && freshMark < at + CELL_BYTES) bytes.fill' }],
  },
  {
    name: 'slot erased before the offer is proven', flows: ['offer'], apps: ['old'],
    mutations: [{ file: 'firmware/update/offer-intake.ts', find: '  const changed = false;\n', replace: '  const changed = false;\n  context.slot(1).erase(0);\n' }],
  },
  {
    name: 'attempt marked after verifying', flows: ['trial'], apps: [], boot: true,
    mutations: [{ file: 'bootloader/decide.ts', find: 'if (!trial.marked) {', replace: 'if (!trial.marked && checked !== undefined) {' }],
  },
  {
    name: 'attempts not counted', flows: ['trial', 'rollbackCrash'], apps: [], boot: true,
    mutations: [{ file: 'bootloader/rare.ts', find: 'if (journal.mark(TRIAL, known.attemptsUsed, 1)) known.unmarkable = true;\n    else known.marked = true;', replace: 'known.marked = true;' }],
  },
  {
    name: 'read-back skipped', flows: ['failingJournalPage', 'failingSlotPage'], apps: ['old'], boot: true,
    mutations: [{ file: 'firmware/flash/region.ts', find: 'if (crc32(flash.text(to, data.length)) === wanted) return 0;', replace: 'if (wanted === wanted) return 0;' }],
  },
  {
    name: 'FF trusted as erased', flows: ['journalCompaction', 'recordStore'], apps: ['old'], boot: true, tornErases: 60,
    mutations: [{
      file: 'firmware/flash/region.ts', find: '      for (let tries = 0; tries < 2; tries++) {\n        flash.erase(from);',
      replace: '      for (let tries = 0; tries < 2; tries++) {\n        if (crc32(flash.text(from, PAGE_BYTES)) === BLANK_PAGE_CRC) return 0;\n        flash.erase(from);',
    }],
  },
  {
    name: 'confirmed before it is healthy', flows: ['rollbackUnhealthy'], apps: ['old', 'unhealthy'],
    mutations: [{ file: 'firmware/update/health.ts', find: "state: code ? 'waiting' : 'passed'", replace: "state: 'passed'" }],
  },
  {
    name: 'counter raised at test', flows: ['counter'], apps: ['old', 'raising'],
    mutations: [
      { file: 'firmware/update/apply.ts', find: 'import type { Confirmed } from', replace: 'import { encodeConfirmed, type Confirmed } from' },
      {
        file: 'firmware/update/apply.ts', find: '    const code = rules.mayStart(context) || context.battery.loaded();\n',
        replace: '    const code = rules.mayStart(context) || context.battery.loaded();\n    const floor = rules.confirmedFloor(journal, context.stores.records)!;\n'
          + '    floor.counter = image.counter;\n    context.stores.records.set(6, encodeConfirmed(floor));\n',
      },
    ],
  },
  {
    name: 'seal written whatever verifying says', flows: ['rollbackDigest'], apps: [], boot: true,
    mutations: [{ file: 'bootloader/rare.ts', find: 'if (!code) seal(slot, result);', replace: 'seal(slot, result);' }],
  },
  {
    name: 'seal not voided before the slot is erased', flows: ['uploadAgain'], apps: ['new'],
    mutations: [{ file: 'firmware/update/session.ts', find: 'const code = voidSeal(journal, session.slot);', replace: 'const code = 0 && voidSeal(journal, session.slot);' }],
  },
  {
    name: 'confirmed slot can be erased in a trial', flows: ['writesInTrial'], apps: ['old', 'unhealthy'],
    mutations: [
      { file: 'firmware/update/gates.ts', find: 'if (isTrialSet(journal)) return TRIAL_RUNNING;', replace: 'if (isTrialSet(journal) && !journal) return TRIAL_RUNNING;' },
      { file: 'firmware/smp/image-group.ts', find: 'if (asked === 0 || isTrialSet(stores.journal)) return', replace: 'if (asked === 0) return' },
    ],
  },
  {
    name: 'wrong codes not counted', flows: ['trial'], apps: ['old', 'new'],
    mutations: [{ file: 'firmware/lock/codes.ts', find: '      write(TRY, count++);', replace: '      count++;' }],
  },
  {
    name: 'crash counts handed on to the image a lock falls back to', flows: ['crashLoop'], apps: [], boot: true, from: 13,
    mutations: [{ file: 'bootloader/rare.ts', find: '        markStarted(journal, cause, boot.counts, true);\n', replace: '' }],
  },
];

/** Operations of a flow that are cut at most, and how often inside. */
const OPERATIONS = 30;
const TORN = 3;

let genuine: Promise<{ lab: Lab; stages: Stages }> | undefined;

/** Cuts power in the flows of a fault until something is wrong. What was wrong, undefined where nothing was found. */
export async function tryFault(name: string): Promise<string | undefined> {
  const fault = FAULTS.find((one) => one.name === name);
  if (!fault) throw new Error(`there is no fault "${name}"`);
  genuine ??= openLab().then((lab) => ({ lab, stages: createStages(lab) }));
  const { lab, stages } = await genuine;
  const planted = await plantFault(lab, fault.mutations, fault.apps, fault.boot ?? false);
  const explorer = createExplorer(planted, stages, fault.tornErases ? lab : planted);
  for (const flow of fault.flows) {
    const found = findIn(explorer, flow, fault);
    if (found) return found;
  }
  return undefined;
}

function findIn(explorer: Explorer, flow: string, { from = 0, tornErases }: Fault): string | undefined {
  let places: number[];
  try {
    places = tornErases ? explorer.erases(flow) : Array.from({ length: explorer.operations(flow) }, (_, at) => at).slice(from);
  } catch (error) {
    return `${flow}: ${error instanceof Error ? error.message : String(error)}`;
  }
  const history = explorer.history(flow);
  if (history.length) return `${flow}: ${history[0]}`;
  const step = Math.ceil(places.length / OPERATIONS);
  for (const at of places.filter((_, index) => index % step === 0)) {
    const { failures } = explorer.cut(flow, at, at + 1, tornErases ?? TORN, (tally) => tally.failures.length > 0);
    if (failures.length) return `${failures[0]!.id}: ${failures[0]!.failures[0]}`;
  }
  return undefined;
}
