/** Everything a lock does to its flash, as flows that the explorer cuts: where each begins, what happens, and what may come of it. */
import {
  isConfirmed, openUpdateWindow, powerOn, restart, test, upload, waitFor, type Bench,
} from './bench.js';
import { BAD_TRIAL_DOOR_MS, DOOR_MS, type Expectation } from './check.js';
import { WRONG_PIN, type ImageName } from './lab.js';
import { openClient } from '../../cli/virtual/client.js';
import { confirmedIn, JOURNAL_PAGES, KEY, nextRecordPage, recordPlace, trialIn } from './oracle.js';
import { enter } from '../../cli/virtual/person.js';
import { record, type Recorder, type Recording } from './recording.js';
import { openAndLock, type Stages } from './stages.js';

export interface Flow {
  name: string;
  expected: Expectation;
  /** Flash at the start. */
  start(stages: Stages): Uint8Array;
  /** Things that happen before the recording begins, in the same run of the lock. */
  prepare?(bench: Bench): void;
  /** Pages (numbers from the start of Storage) that fail. */
  bad?(stages: Stages): [number, 'program' | 'erase'][];
  /** What happens; throws where the lock does not do what it should without any cut. */
  act(bench: Bench, recorder: Recorder): void;
}

const KEEP_OLD: Expectation = { runs: ['old'], confirmed: ['old'], retry: 'new', doorMs: DOOR_MS };
const TO_NEW: Expectation = { runs: ['old', 'new'], confirmed: ['old', 'new'], retry: 'new', doorMs: DOOR_MS };

/** A bad image on trial: the old one stays, and a good newer one can be installed. */
function badTrial(image: ImageName): Expectation {
  return { runs: ['old', image], confirmed: ['old'], retry: 'newer', doorMs: BAD_TRIAL_DOOR_MS };
}

function confirmation(image: ImageName): Expectation {
  return { runs: ['old', image], confirmed: ['old', image], retry: image, doorMs: DOOR_MS };
}

function withoutJournal(flash: Uint8Array): Uint8Array {
  return flash.slice().fill(0x5a, JOURNAL_PAGES[0] * 4096, (JOURNAL_PAGES[1] + 1) * 4096);
}

function rolledBack(bench: Bench): void {
  waitFor(bench, 'rollback', (state) => !trialIn(state), 420_000);
  if (bench.ran.at(-1) !== 'old') bench.board.pump(() => bench.ran.at(-1) === 'old', 20_000);
  bench.board.run(4000);
  if (confirmedIn(bench.state())?.imageId !== bench.lab.images.old.id) throw new Error('the rollback did not keep the old image');
}

function confirms(image: ImageName) {
  return (bench: Bench): void => {
    waitFor(bench, `confirmation of ${image}`, isConfirmed(bench.lab.images[image]), 180_000);
    bench.board.run(3000);
  };
}

export const FLOWS: readonly Flow[] = [
  {
    name: 'firstBoot', expected: { ...KEEP_OLD, withoutJournal: true },
    start: (stages) => stages.lab.factory,
    act(bench) {
      openAndLock(bench);
      bench.board.run(65_000);
    },
  },
  {
    name: 'lostJournal', expected: { runs: ['new'], confirmed: ['new'], retry: 'newer', doorMs: DOOR_MS },
    start: (stages) => withoutJournal(stages.confirmed('new')),
    act: (bench) => openAndLock(bench),
  },
  {
    // The key that came with the confirmed image still counts: the retry is signed by it.
    name: 'lostJournalNewKey', expected: { runs: ['keyChange'], confirmed: ['keyChange'], retry: 'secondKey', doorMs: DOOR_MS },
    start: (stages) => withoutJournal(stages.confirmed('keyChange')),
    act: (bench) => openAndLock(bench),
  },
  {
    name: 'upload', expected: KEEP_OLD,
    start: (stages) => stages.running(),
    prepare: (bench) => openUpdateWindow(bench),
    act: (bench) => upload(bench, bench.lab.images.new),
  },
  {
    name: 'resume', expected: KEEP_OLD,
    start: (stages) => stages.interrupted(),
    prepare: (bench) => openUpdateWindow(bench),
    act(bench) {
      const { failure, reply } = openClient(bench.board).upload(bench.lab.images.new.file);
      if (failure) throw failure;
      if (!reply.resumedAt) throw new Error('the upload began anew');
    },
  },
  {
    name: 'offer', expected: KEEP_OLD,
    start: (stages) => stages.running(),
    prepare: (bench) => openUpdateWindow(bench),
    act: offered,
  },
  {
    // Into the slot that holds the image before this one, sealed.
    name: 'uploadAgain', expected: { runs: ['new'], confirmed: ['new'], retry: 'newer', doorMs: DOOR_MS },
    start: (stages) => stages.confirmed('new'),
    prepare: (bench) => openUpdateWindow(bench),
    act: (bench) => upload(bench, bench.lab.images.small),
  },
  {
    name: 'erase', expected: { runs: ['new'], confirmed: ['new'], retry: 'newer', doorMs: DOOR_MS },
    start: (stages) => stages.confirmed('new'),
    prepare: (bench) => openUpdateWindow(bench),
    act(bench) {
      const { failure } = openClient(bench.board).erase();
      if (failure) throw failure;
    },
  },
  {
    name: 'test', expected: TO_NEW,
    start: (stages) => stages.uploaded('new'),
    act(bench) {
      openUpdateWindow(bench);
      test(bench, bench.lab.images.new);
    },
  },
  {
    name: 'trial', expected: TO_NEW,
    start: (stages) => stages.tested('new'),
    act: (bench) => void bench.board.pump(() => bench.ran.length > 0, 10_000),
  },
  {
    name: 'confirm', expected: TO_NEW,
    start: (stages) => stages.tested('new'),
    prepare: (bench) => void bench.board.pump(() => bench.ran.length > 0, 10_000),
    act(bench) {
      confirms('new')(bench);
      bench.board.run(62_000);
    },
  },
  {
    name: 'rollbackDigest', expected: { ...badTrial('old'), runs: ['old'] },
    start(stages) {
      const flash = stages.tested('new').slice();
      flash[109 * 4096 + 5000]! ^= 1;
      return flash;
    },
    act: rolledBack,
  },
  { name: 'rollbackCrash', expected: badTrial('crashing'), start: (stages) => stages.tested('crashing'), act: rolledBack },
  { name: 'rollbackHang', expected: badTrial('hanging'), start: (stages) => stages.tested('hanging'), act: rolledBack },
  { name: 'rollbackUnhealthy', expected: badTrial('unhealthy'), start: (stages) => stages.tested('unhealthy'), act: rolledBack },
  { name: 'writesInTrial', expected: badTrial('unhealthy'), start: (stages) => stages.uploaded('unhealthy'), act: writesInTrial },
  {
    name: 'crashLoop', expected: { runs: ['old', 'timeBomb'], confirmed: ['old', 'timeBomb'], retry: 'newer', doorMs: BAD_TRIAL_DOOR_MS },
    start: (stages) => stages.bombed(),
    act(bench) {
      waitFor(bench, 'fall-back', isConfirmed(bench.lab.images.old), 120_000);
      bench.board.run(4000);
    },
  },
  { name: 'keyChange', expected: confirmation('keyChange'), start: (stages) => stages.tested('keyChange'), act: confirms('keyChange') },
  {
    name: 'newKey', expected: { runs: ['keyChange', 'secondKey'], confirmed: ['keyChange', 'secondKey'], retry: 'secondKey', doorMs: DOOR_MS },
    start: (stages) => stages.afterKeyChange(),
    act(bench) {
      openUpdateWindow(bench);
      test(bench, bench.lab.images.secondKey);
      restart(bench);
      confirms('secondKey')(bench);
    },
  },
  {
    name: 'counter', expected: confirmation('raising'),
    start: (stages) => stages.uploaded('raising'),
    act(bench) {
      openUpdateWindow(bench);
      test(bench, bench.lab.images.raising);
      restart(bench);
      confirms('raising')(bench);
    },
  },
  {
    name: 'journalCompaction', expected: KEEP_OLD,
    start: (stages) => stages.fullJournal().flash,
    act: (bench) => turnJournalPage(bench),
  },
  {
    name: 'recordStore', expected: KEEP_OLD,
    start: (stages) => stages.fullRecords(),
    act: logEntries,
  },
  {
    name: 'newMasterCode', expected: { ...KEEP_OLD, masterCodes: ['734829', '905617'] },
    start: (stages) => stages.running(),
    act(bench) {
      enter(bench.board, '112233445566#');
      enter(bench.board, '905617#');
      enter(bench.board, '905617#');
      bench.board.run(2000);
      if (Buffer.compare(bench.state().records.get(2)!, bench.lab.codes.masters[1]!) !== 0) throw new Error('the master code was not changed');
    },
  },
  {
    name: 'failingJournalPage', expected: KEEP_OLD,
    start: (stages) => stages.fullJournal().flash,
    bad: (stages) => [[stages.fullJournal().nextPage, 'program']],
    act: (bench) => turnJournalPage(bench),
  },
  {
    name: 'failingRecordPage', expected: KEEP_OLD,
    start: (stages) => stages.fullRecords(),
    bad: (stages) => [[nextRecordPage(stages.fullRecords()), 'erase']],
    act: logEntries,
  },
  {
    // The slot has no page to replace it: the upload ends with 0xE4, and the lock stays what it was.
    name: 'failingSlotPage', expected: { ...KEEP_OLD, retry: 'old' },
    start: (stages) => stages.running(),
    bad: () => [[109 + 9, 'program']],
    prepare: (bench) => openUpdateWindow(bench),
    act(bench) {
      const { failure } = openClient(bench.board).upload(bench.lab.images.new.file);
      if (failure?.entry?.code !== 0xe4) throw new Error(`the failing page is answered with ${failure?.message ?? 'success'}`);
    },
  },
];

/** Codes right and wrong, until the record store has begun a page and copied the codes. */
function logEntries(bench: Bench): void {
  const { bytes } = bench.world.nor;
  const place = recordPlace(bytes, KEY.codes);
  for (let round = 0; round < 6 && recordPlace(bytes, KEY.codes) === place; round++) {
    enter(bench.board, `${WRONG_PIN}#`);
    openAndLock(bench);
    bench.board.run(2000);
  }
  if (recordPlace(bytes, KEY.codes) === place) throw new Error('the record store copied nothing');
}

const SLOT_BYTES = { from: 45 * 4096, to: 173 * 4096 };

function touchedSlots(recorder: Recorder): boolean {
  return recorder.finish().steps.some(({ operation }) => operation && operation.offset >= SLOT_BYTES.from && operation.offset < SLOT_BYTES.to);
}

/** An offer with a wrong signature is refused, a genuine one accepted; no slot is touched before that. Then the pages follow. */
function offered(bench: Bench, recorder: Recorder): void {
  const { offer, file } = bench.lab.images.new;
  const client = openClient(bench.board);
  const forged = offer.slice();
  forged[forged.length - 1]! ^= 1;
  if (!client.offer(forged).failure) throw new Error('an offer with a wrong signature was accepted');
  bench.board.run(3000);
  const { failure } = client.offer(offer);
  if (failure) throw failure;
  if (touchedSlots(recorder)) throw new Error('a slot was touched before an offer was proven');
  const sent = client.upload(file);
  if (sent.failure) throw sent.failure;
}

function turnJournalPage(bench: Bench): void {
  const page = bench.state().journalPage;
  for (let tries = 0; tries < 12 && bench.state().journalPage === page; tries++) openAndLock(bench);
  if (bench.state().journalPage === page) throw new Error('the journal did not turn its page');
}

/** Upload, erase and test are refused while a trial is set and while it runs, and nothing of a slot is touched. */
function writesInTrial(bench: Bench, recorder: Recorder): void {
  const { images } = bench.lab;
  openUpdateWindow(bench);
  test(bench, images.unhealthy);
  const attempts = (when: string): void => {
    const client = openClient(bench.board);
    for (const [what, answer] of [['upload', client.upload(images.newer.file)], ['erase', client.erase()]] as const) {
      if (!answer.failure) throw new Error(`${what} ${when} was not refused`);
    }
    client.close();
  };
  attempts('while a trial is set');
  openUpdateWindow(bench);
  attempts('while a trial is set, in a new window');
  restart(bench);
  bench.board.pump(() => bench.ran.at(-1) === 'unhealthy', 10_000);
  openUpdateWindow(bench);
  attempts('during a trial');
  if (touchedSlots(recorder)) throw new Error('something of a slot was written');
}

/** Runs a flow once. */
export function recordFlow(flow: Flow, stages: Stages): Recording {
  const flash = { bytes: flow.start(stages), weak: [], bad: new Map(flow.bad?.(stages) ?? []) };
  let recorder: Recorder | undefined;
  const bench = powerOn(stages.lab, flash, 1, (world) => {
    if (!flow.prepare) recorder = record(world);
  });
  flow.prepare?.(bench);
  recorder ??= record(bench.world);
  flow.act(bench, recorder);
  const { violations } = bench.world;
  if (violations.length) throw new Error(`${flow.name}: ${violations.map((one) => `${one.kind} (${one.detail})`).join(', ')}`);
  return recorder.finish();
}
