import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BAD_CODE, CODE_IN_USE, USERS_FULL } from '../../firmware/errors.js';
import { CODES, HOLIDAYS, SCHEDULES, SETTINGS } from '../../firmware/flash/keys.js';
import { openJournal } from '../../firmware/flash/journal.js';
import { openRecords } from '../../firmware/flash/records.js';
import { newestSequence, parseLogEntry, writeLogEntry, type LogEntry } from '../../firmware/lock/access-log.js';
import { addCode, isPin, removeCodes, setMaster, stretchCode } from '../../firmware/lock/codes-table.js';
import { disableSeconds, holderOf, openTries, startStretch, stepStretch } from '../../firmware/lock/codes.js';
import { errorPattern } from '../../firmware/lock/signals.js';
import { DISABLE_TIME, readSettings, WRONG_CODE_LIMIT } from '../../firmware/lock/settings.js';
import { MASTER_USER, NOBODY, RECOVERY_USER } from '../../firmware/lock/states.js';
import { CODE_ENTRY_BYTES, entryIn, tableKey } from '../../firmware/lock/tables.js';
import { createChip, crc32, cutArbitrary, withCut } from '../flash/support.js';
import { Flash, sha256, World } from './world.js';

const { platform } = new World();
const SALT = sha256('another lock').slice(0, 16);
const RECOVERY_HASH = sha256('nobody types this');
const random = (seed: number) => sha256(`tag ${seed}`);

describe('A stretched code', () => {
  it('is SHA-256 over salt and digits, hashed again as often as the wiring says', () => {
    const node = (data: Uint8Array) => createHash('sha256').update(data).digest();
    let expected = node(Buffer.concat([SALT, Buffer.from('1234')]));
    for (let i = 0; i < 280; i++) expected = node(expected);
    expect(Buffer.from(stretchCode(platform, SALT, '1234', 280))).toEqual(expected);
  });

  it('comes out the same in steps, and the digits are not kept', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 300 }), (iterations) => {
      const digits = platform.toBytes('98765');
      const stretch = startStretch(sha256, SALT, digits, 5, iterations);
      while (!stepStretch(stretch, { digest: sha256, collect: () => undefined }));
      expect(stretch.value).toEqual(stretchCode(platform, SALT, '98765', iterations));
      expect(Object.keys(stretch)).toEqual(['value', 'left']);
    }));
  });

  it('is another one on another lock', () => {
    expect(stretchCode(platform, SALT, '1234', 10)).not.toEqual(stretchCode(platform, sha256('x').slice(0, 16), '1234', 10));
  });
});

describe('The code table', () => {
  it('holds 250 users, finds each and nobody else', () => {
    const { records, values } = new Flash();
    for (let user = 1; user <= 250; user++) expect(addCode(platform, records, RECOVERY_HASH, random(user), user, user % 3, user * 7)).toBe(0);
    for (let user = 1; user <= 250; user++) {
      expect(holderOf(platform, records, RECOVERY_HASH, random(user))).toMatchObject({ user, type: user % 3, status: 0, schedule: user * 7 });
    }
    expect(holderOf(platform, records, RECOVERY_HASH, random(251)).user).toBe(NOBODY);
    for (const bytes of values.values()) expect(bytes.length).toBeLessThanOrEqual(1024);
  });

  it('is full after 255 codes', () => {
    const { records } = new Flash();
    for (let i = 1; i <= 255; i++) expect(addCode(platform, records, RECOVERY_HASH, random(i), 1 + (i % 250), 0, 0)).toBe(0);
    expect(addCode(platform, records, RECOVERY_HASH, random(256), 1, 0, 0)).toBe(USERS_FULL);
  });

  it('takes no code twice, and no user number that does not exist', () => {
    const { records } = new Flash();
    expect(setMaster(platform, records, RECOVERY_HASH, random(1))).toBe(0);
    expect(addCode(platform, records, RECOVERY_HASH, random(1), 1, 0, 0)).toBe(CODE_IN_USE);
    expect(addCode(platform, records, RECOVERY_HASH, RECOVERY_HASH, 1, 0, 0)).toBe(CODE_IN_USE);
    expect(addCode(platform, records, RECOVERY_HASH, random(2), 1, 0, 0)).toBe(0);
    expect(addCode(platform, records, RECOVERY_HASH, random(2), 2, 0, 0)).toBe(CODE_IN_USE);
    expect(setMaster(platform, records, RECOVERY_HASH, random(2))).toBe(CODE_IN_USE);
    expect(setMaster(platform, records, RECOVERY_HASH, random(1))).toBe(0);
    expect(addCode(platform, records, RECOVERY_HASH, random(3), 0, 0, 0)).toBe(BAD_CODE);
    expect(addCode(platform, records, RECOVERY_HASH, random(3), 251, 0, 0)).toBe(BAD_CODE);
    expect(holderOf(platform, records, RECOVERY_HASH, random(1)).user).toBe(MASTER_USER);
    expect(holderOf(platform, records, RECOVERY_HASH, RECOVERY_HASH).user).toBe(RECOVERY_USER);
  });

  it('forgets a user and keeps the others', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (users, gone) => {
      const { records } = new Flash();
      users.forEach((user, i) => addCode(platform, records, RECOVERY_HASH, random(i), user, 0, i));
      expect(removeCodes(platform, records, gone)).toBe(0);
      users.forEach((user, i) => {
        expect(holderOf(platform, records, RECOVERY_HASH, random(i)).user).toBe(user === gone ? NOBODY : user);
      });
    }), { numRuns: 30 });
  });

  it('is not fooled by a tag that lies across two entries', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 80, maxLength: 80 }), fc.nat(64), (table, at) => {
      const text = platform.toWire(table);
      const found = entryIn(text, text.substr(at, 16), CODE_ENTRY_BYTES, 0, 0);
      expect(found % CODE_ENTRY_BYTES === 0 || found === -1).toBe(true);
      if (at % CODE_ENTRY_BYTES === 0) expect(text.substr(found, 16)).toBe(text.substr(at, 16));
    }));
  });

  it('keeps its records apart from the log and from each other', () => {
    expect([0, 1, 2, 3, 4].map((table) => tableKey(CODES, table))).toEqual([1, 16, 17, 18, 19]);
    expect([0, 1, 2, 3].map((table) => tableKey(SCHEDULES, table))).toEqual([24, 25, 26, 27]);
    expect(tableKey(HOLIDAYS, 0)).toBe(28);
  });

  it('a PIN has 4 to 10 digits', () => {
    expect(['123', '1234', '1234567890', '12345678901', '12a4', 'c1234', '', '١٢٣٤'].map(isPin)).toEqual([false, true, true, false, false, false, false, false]);
  });
});

describe('Tries', () => {
  it('wait 10 s at the limit, then twice as long each time, at most 255 s', () => {
    expect([0, 4, 5, 6, 7, 8, 9, 10, 11, 250].map((count) => disableSeconds(count, 5, 10))).toEqual([0, 0, 10, 20, 40, 80, 160, 255, 255, 255]);
  });

  it('never wait less than the time before or more than 255 s, whatever the settings', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 255 }), fc.integer({ min: 1, max: 255 }), (limit, first) => {
      expect(disableSeconds(limit - 1, limit, first)).toBe(0);
      expect(disableSeconds(limit, limit, first)).toBe(first);
      for (let count = limit; count < limit + 20; count++) {
        const now = disableSeconds(count, limit, first);
        expect(disableSeconds(count + 1, limit, first)).toBe(Math.min(255, now * 2));
      }
    }));
  });

  it('follow the settings as they are at that moment', () => {
    const flash = new Flash();
    const settings = readSettings(flash.records.get(SETTINGS));
    settings[WRONG_CODE_LIMIT] = 2;
    settings[DISABLE_TIME] = 30;
    const tries = openTries(flash.journal, settings);
    tries.mark();
    expect(tries.delayMs()).toBe(0);
    tries.mark();
    expect(tries.delayMs()).toBe(30_000);
    settings[WRONG_CODE_LIMIT] = 1;
    expect(tries.delayMs()).toBe(60_000);
  });

  it('are neither counted nor forgotten when a right code is refused', () => {
    const flash = new Flash();
    const tries = openTries(flash.journal, readSettings(undefined));
    for (let round = 1; round <= 200; round++) {
      tries.mark();
      tries.mark();
      tries.clear(true);
      expect(tries.count()).toBe(round);
      expect(openTries(flash.journal, readSettings(undefined)).count()).toBe(Math.min(round, 251));
    }
  });

  it('that flash refused for a while are in it with the next one', () => {
    const flash = new Flash();
    const tries = openTries(flash.journal, readSettings(undefined));
    tries.mark();
    flash.works = false;
    for (let i = 0; i < 3; i++) tries.mark();
    expect(tries.delayMs()).toBe(0);
    flash.works = true;
    tries.mark();
    expect(openTries(flash.journal, readSettings(undefined)).count()).toBe(5);
    flash.works = false;
    tries.mark();
    flash.works = true;
    tries.clear(true);
    expect([tries.count(), openTries(flash.journal, readSettings(undefined)).count()]).toEqual([5, 5]);
  });

  it('are never forgotten, wherever power fails in the real journal', () => {
    const step = fc.record({ right: fc.boolean(), refused: fc.boolean(), restart: fc.boolean(), cut: cutArbitrary(4) });
    fc.assert(fc.property(fc.array(step, { maxLength: 120 }), fc.nat(), (steps, seed) => {
      const chip = createChip(seed);
      const open = () => openJournal({ flash: chip.nor.port, span: chip.journal, spare: chip.spare, crc32 });
      expect(open().format()).toBe(0);
      let tries = openTries(open(), readSettings(undefined));
      let known = 0;
      for (const now of steps) {
        withCut(chip.nor, now.cut, () => {
          tries.mark();
          if (now.right) tries.clear(now.refused);
        });
        // What the lock catches of a power cut, the model's chip remembers.
        const cut = chip.nor.off || chip.nor.cut !== undefined;
        if (chip.nor.off) chip.nor.powerOn();
        chip.nor.cut = undefined;
        if (cut || now.restart) tries = openTries(open(), readSettings(undefined));
        const count = tries.count();
        if (!cut) expect(count).toBe(!now.right ? known + 1 : now.refused ? known : 0);
        else if (now.refused && now.right) expect([known, known + 1, known + 2]).toContain(count);
        else if (now.right) expect([0, 1, known, known + 1, known + 2]).toContain(count);
        else expect([known, known + 1]).toContain(count);
        known = count;
      }
    }), { numRuns: 60 });
  });
});

describe('The access log', () => {
  const entry = (what: number): LogEntry => ({ sequence: 0, time: 0xfedcba98, uptime: 0x80000001, what, source: 3, user: 7, code: 0x53 });

  it('is a ring: after any number of entries the newest is found, and the last 256 are there', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 700 }), (count) => {
      const flash = new Flash();
      let newest = 0;
      for (let i = 0; i < count; i++) newest = writeLogEntry(flash.records, newest, entry(i & 255));
      expect(newestSequence(flash.records)).toBe(count);
      const log = flash.log();
      expect(log.length).toBe(Math.min(256, count));
      for (const [i, each] of log.entries()) expect(each.sequence).toBe(count - log.length + i + 1);
    }), { numRuns: 25 });
  });

  it('gives back what was written', () => {
    const flash = new Flash();
    writeLogEntry(flash.records, 299, entry(9));
    expect(parseLogEntry([...flash.values.values()][0]!)).toEqual({ ...entry(9), sequence: 300 });
  });

  it('an entry that cannot be written leaves no gap', () => {
    const flash = new Flash();
    let newest = writeLogEntry(flash.records, 0, entry(1));
    flash.works = false;
    newest = writeLogEntry(flash.records, newest, entry(2));
    flash.works = true;
    newest = writeLogEntry(flash.records, newest, entry(3));
    expect(flash.log().map((each) => [each.sequence, each.what])).toEqual([[1, 1], [2, 3]]);
    expect(newestSequence(flash.records)).toBe(newest);
  });

  it('and the codes fit the real record store together with a year of openings', () => {
    const chip = createChip(1);
    const records = openRecords({ flash: chip.nor.port, span: chip.records, spare: chip.spare, crc32 });
    for (let user = 1; user <= 100; user++) expect(addCode(platform, records, RECOVERY_HASH, random(user), user, 0, 0)).toBe(0);
    let newest = 0;
    for (let i = 0; i < 1500; i++) newest = writeLogEntry(records, newest, entry(1));
    expect(newest).toBe(1500);
    const again = openRecords({ flash: chip.nor.port, span: chip.records, spare: chip.spare, crc32 });
    expect(newestSequence(again)).toBe(1500);
    expect(holderOf(platform, again, RECOVERY_HASH, random(77)).user).toBe(77);
  });
});

describe('An error code', () => {
  it('is two hex digits: long counts four, short counts one, zero is two ticks', () => {
    expect([0xe4, 0x86, 0x20, 0x53, 0x00].map(errorPattern)).toEqual(['sls-lllss-l', 'sls-ll-lss', 'sls-ss-kk', 'sls-ls-sss', 'sls-kk-kk']);
  });

  it('is heard differently for every code', () => {
    expect(new Set(Array.from({ length: 256 }, (_, code) => errorPattern(code))).size).toBe(256);
  });
});
