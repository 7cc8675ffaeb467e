/** Locks to begin flows with: each a state of flash that real use led to, made once per process. */
import { createHostPlatform } from '../../cli/host-platform.js';
import { openClient } from '../../cli/virtual/client.js';
import { layoutOf } from '../../firmware/flash/layout.js';
import { openRecords } from '../../firmware/flash/records.js';
import { isConfirmed, openUpdateWindow, powerOn, test, upload, waitFor, type Bench } from './bench.js';
import { PIN, type ImageName, type Lab } from './lab.js';
import { JOURNAL_PAGES, KEY, newestRecordPage, readState, recordPlace } from './oracle.js';
import { keepTyping } from '../../cli/virtual/person.js';

export interface Stages {
  lab: Lab;
  /** `old` runs and is confirmed, the lock has been healthy for a while. */
  running(): Uint8Array;
  /** ... and an image has been uploaded. */
  uploaded(image: ImageName): Uint8Array;
  /** An upload of `new` stopped in the middle. */
  interrupted(): Uint8Array;
  /** An uploaded image is to be tried at the next start. */
  tested(image: ImageName): Uint8Array;
  /** An image was installed over `old`. */
  confirmed(image: ImageName): Uint8Array;
  /** The time bomb was confirmed a moment ago. */
  bombed(): Uint8Array;
  /** An image brought the second key, and one signed by it is uploaded. */
  afterKeyChange(): Uint8Array;
  /** The next few marks make the journal turn its page, to `nextPage`. */
  fullJournal(): { flash: Uint8Array; nextPage: number };
  /** The next few log entries make the record store turn its page and copy what counts of the oldest one. */
  fullRecords(): Uint8Array;
}

const HEALTHY_MS = 65_000;

export function createStages(lab: Lab): Stages {
  const kept = new Map<string, Uint8Array>();

  function other(name: string, make: () => Uint8Array): Uint8Array {
    let flash = kept.get(name);
    if (!flash) {
      flash = make();
      kept.set(name, flash);
    }
    return flash;
  }

  /** Powers a lock on, lets something happen, and pulls its battery. */
  function after(flash: Uint8Array, happens: (bench: Bench) => void): Uint8Array {
    const bench = powerOn(lab, flash, 1);
    bench.board.run(4000);
    happens(bench);
    bench.board.powerCut();
    return bench.world.nor.bytes.slice();
  }

  const running = (): Uint8Array => other('running', () => after(lab.factory, (bench) => void bench.board.run(HEALTHY_MS)));
  const uploaded = (name: ImageName): Uint8Array => other(`uploaded ${name}`, () => after(running(), (bench) => {
    openUpdateWindow(bench);
    upload(bench, lab.images[name]);
  }));
  const interrupted = (): Uint8Array => other('interrupted', () => after(running(), (bench) => {
    openUpdateWindow(bench);
    let sent = 0;
    const { file } = lab.images.new;
    openClient(bench.board).upload(file, { onProgress: (bytes) => (sent = bytes), stopped: () => sent > file.length / 2 });
  }));
  const tested = (name: ImageName): Uint8Array => other(`tested ${name}`, () => after(uploaded(name), (bench) => {
    openUpdateWindow(bench);
    test(bench, lab.images[name]);
  }));
  const confirmed = (name: ImageName): Uint8Array => other(`confirmed ${name}`, () => after(tested(name), (bench) => {
    waitFor(bench, `confirmation of ${name}`, isConfirmed(lab.images[name]), 60_000);
    bench.board.run(HEALTHY_MS);
  }));
  const bombed = (): Uint8Array => other('bombed', () => after(tested('timeBomb'), (bench) => {
    waitFor(bench, 'confirmation of the time bomb', isConfirmed(lab.images.timeBomb), 60_000);
  }));
  const afterKeyChange = (): Uint8Array => other('after key change', () => after(confirmed('keyChange'), (bench) => {
    openUpdateWindow(bench);
    upload(bench, lab.images.secondKey);
  }));

  /** Days of opening and locking until the page turns; the last of them is where the flow begins. */
  function fullJournal(): { flash: Uint8Array; nextPage: number } {
    const flash = other('full journal', () => {
      for (let day = running(), count = 0; count < 100; count++) {
        const next = after(day, (bench) => {
          for (let round = 0; round < 10; round++) openAndLock(bench);
          bench.board.run(HEALTHY_MS);
        });
        if (readState(next).journalPage !== readState(day).journalPage) return day;
        day = next;
      }
      throw new Error('the journal never turned its page');
    });
    const page = readState(flash).journalPage;
    return { flash, nextPage: page === JOURNAL_PAGES[0] ? JOURNAL_PAGES[1] : JOURNAL_PAGES[0] };
  }

  /** Old log entries, written by the record store itself on the host, until `reached`. The states on the way, the last ones first. */
  function fillRecords(from: Uint8Array, valueBytes: number, reached: (flash: Uint8Array) => boolean): Uint8Array[] {
    const bytes = from.slice();
    const layout = layoutOf(lab.geometry);
    const platform = createHostPlatform(bytes, lab.geometry.base);
    const records = openRecords({ flash: platform.flash, span: layout.records, spare: layout.spare, crc32: platform.crc32 });
    const states = [bytes.slice()];
    for (let count = 1; !reached(bytes); count++) {
      records.set(KEY.logFirst + (count % 24), new Uint8Array(valueBytes).fill(count));
      states.unshift(bytes.slice());
      states.length = Math.min(states.length, 16);
    }
    return states;
  }

  /** Large values until the codes had to be copied; then, from before that page was begun, small ones until it is about to be. */
  const fullRecords = (): Uint8Array => other('full records', () => {
    const place = recordPlace(running(), KEY.codes);
    const large = fillRecords(running(), 400, (flash) => recordPlace(flash, KEY.codes) !== place);
    const head = newestRecordPage(large[0]!);
    const before = large.find((flash) => newestRecordPage(flash) !== head);
    if (!before) throw new Error('the codes were not copied to a new page');
    const small = fillRecords(before, 24, (flash) => newestRecordPage(flash) === head);
    return small[Math.min(3, small.length - 1)]!;
  });

  return { lab, running, uploaded, interrupted, tested, confirmed, bombed, afterKeyChange, fullJournal, fullRecords };
}

/** Somebody comes home and locks up. */
export function openAndLock(bench: Bench): void {
  const { board, world } = bench;
  if (keepTyping(board, `${PIN}#`, world.bolt.unlocked, 20_000) === undefined) throw new Error('the PIN does not open');
  keepTyping(board, '#', world.bolt.locked, 5000);
}
