/** Backup and restore: the bytes against node's own cryptography, damage, other locks, and a power cut at every flash operation. */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BACKUP_DAMAGED, BACKUP_OTHER_LOCK, BACKUP_VERSION, DOOR_BUSY, NO_BOOTABLE_IMAGE, RECORDS_FULL } from '../../firmware/errors.js';
import {
  CALIBRATION, CLOCK, CODES, FLOOR, HISTORY, HOLIDAYS, MASTER, MORE_CODES, OWNERS, PENDING, RECOVERY, SCHEDULES, SETTINGS, STAGED, WIFI,
} from '../../firmware/flash/keys.js';
import { freeBytesOf } from '../../firmware/flash/record-chores.js';
import { openRecords, type Ring } from '../../firmware/flash/records.js';
import { BACKUP_ITERATIONS, BACKUP_MAX, startBackup, startRestore, type BackupParts, type Job, type RestoreOrder } from '../../firmware/lock/backup.js';
import { hmacSha256 } from '../../firmware/lock/hmac.js';
import { finishPending, orderHardReset } from '../../firmware/lock/resets.js';
import { DISPOSABLE_USER, EXPIRING_USER, LOG_RESTORED, RECOVERY_USER, SOURCE_KEYPAD } from '../../firmware/lock/states.js';
import { createChip, crc32, withCut, type Chip } from '../flash/support.js';
import { bytesOf, concat, entry, fill, open, values } from './full-store.js';
import { sha256, World } from './world.js';

const CONTENT_AT = 44;
const TAG = 32;
const SALT = bytesOf(16, 0x77);
const platform = new World().platform;

function partsOf(records: Ring, change: Partial<{ deviceId: Uint8Array; codeSalt: Uint8Array; stretch: number; secret: string }> = {}): BackupParts {
  return {
    platform, records, stretch: change.stretch ?? 1000, secret: Buffer.from(change.secret ?? 'horse staple'),
    identity: { deviceId: change.deviceId ?? bytesOf(8, 1), codeSalt: change.codeSalt ?? SALT },
  };
}

function orderOf(replace: boolean, bootable = true): RestoreOrder {
  return { replace, bootable, source: SOURCE_KEYPAD, user: RECOVERY_USER };
}

/** Most native hashes in one step. */
let mostHashes = 0;

function run(job: Job): Job {
  for (let steps = 0; steps < 5000; steps++) if (job.step()) return job;
  throw new Error('the job does not end');
}

function backupOf(records: Ring, change?: Parameters<typeof partsOf>[1]): Uint8Array {
  const job = run(startBackup(partsOf(records, change), randomBytes(24)));
  expect(job.code).toBe(0);
  return job.bytes;
}

/** The content of a backup, by node:crypto and the description in backup.ts alone. */
function openByHand(bytes: Uint8Array, secret: string): Map<number, Uint8Array> {
  const hash = (...parts: (Uint8Array | string)[]): Buffer => parts.reduce((sum, part) => sum.update(part), createHash('sha256')).digest();
  const head = Buffer.from(bytes);
  let key = hash(head.subarray(16, 32), secret);
  for (let i = head.readUInt16LE(6); i > 0; i--) key = hash(key);
  const content = head.subarray(CONTENT_AT, CONTENT_AT + head.readUInt16LE(40));
  const tag = createHmac('sha256', hash(key, 'deadlatch backup tag')).update(head.subarray(0, CONTENT_AT + content.length)).digest();
  expect(tag).toEqual(head.subarray(CONTENT_AT + content.length));
  const stream = hash(key, 'deadlatch backup stream');
  const plain = Buffer.concat(Array.from({ length: Math.ceil(content.length / 32) }, (_, block) => {
    const index = Buffer.alloc(4);
    index.writeUInt32LE(block);
    return hash(stream, head.subarray(32, 40), index);
  })).subarray(0, content.length).map((byte, i) => byte ^ content[i]!);
  const found = new Map<number, Uint8Array>();
  for (let at = 0; at < plain.length;) {
    const length = plain[at + 2]! + plain[at + 3]! * 256;
    found.set(plain[at]!, new Uint8Array(plain.subarray(at + 4, at + 4 + length)));
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return found;
}

const HELD = [MASTER, SETTINGS, WIFI, CALIBRATION, HOLIDAYS, CODES, MORE_CODES, SCHEDULES];

describe('a backup', () => {
  it('is what its description says, computed by other means', () => {
    const chip = createChip(6);
    const records = open(chip);
    fill(records, 0x33);
    const bytes = backupOf(records);
    expect(Buffer.from(bytes.subarray(0, 8))).toEqual(Buffer.from([0x44, 0x4c, 0x4b, 0x31, 1, 0, BACKUP_ITERATIONS & 255, BACKUP_ITERATIONS >> 8]));
    const found = openByHand(bytes, 'horse staple');
    expect([...found.keys()]).toEqual([0, ...HELD]);
    expect(found.get(0)).toEqual(concat(SALT, new Uint8Array([1000 & 255, 1000 >> 8])));
    for (const key of HELD) expect(found.get(key), `${key}`).toEqual(records.get(key));
    expect(Buffer.from(bytes).includes(Buffer.alloc(16, 0x33))).toBe(false);
    expect(backupOf(records)).not.toEqual(bytes);
  });

  it('uses HMAC-SHA256 as everybody does', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 300 }), (key, message) => {
      expect(Buffer.from(hmacSha256(sha256, key, message))).toEqual(createHmac('sha256', key).update(message).digest());
    }));
  });

  it('takes turns of at most a batch of hashes, or 128 bytes, or one record', () => {
    const chip = createChip(7);
    const records = open(chip);
    fill(records, 0x33);
    let hashes = 0;
    let reads = 0;
    const counting: Ring = { ...records, get: (key) => { reads++; return records.get(key); } };
    const parts = partsOf(counting);
    parts.platform = { ...platform, sha256: (data) => { hashes++; return sha256(data); } };
    const turns = (job: Job): void => {
      for (let ended = false; !ended;) {
        hashes = reads = 0;
        const operations = chip.nor.operations;
        ended = job.step();
        mostHashes = Math.max(mostHashes, hashes);
        expect(reads).toBeLessThanOrEqual(STAGED + 2);
        expect(chip.nor.operations - operations).toBeLessThan(40);
      }
      expect(job.code).toBe(0);
    };
    const job = startBackup(parts, randomBytes(24));
    turns(job);
    turns(startRestore(parts, job.bytes, orderOf(false)));
    expect(mostHashes).toBeLessThanOrEqual(280 + 2);
  });

  it('of more than the lock can hash in one go is refused, as is one whose records change meanwhile', () => {
    const records = open(createChip(8));
    for (const key of [CODES, MORE_CODES, MORE_CODES + 1, MORE_CODES + 2, MORE_CODES + 3, SCHEDULES, SCHEDULES + 1, SCHEDULES + 2]) records.set(key, bytesOf(1020, 1));
    expect(run(startBackup(partsOf(records), randomBytes(24))).code).toBe(RECORDS_FULL);
    expect(BACKUP_MAX + 64).toBeLessThanOrEqual(8192);
    for (const length of [0, 20, 60]) {
      const changing = open(createChip(9));
      changing.set(CODES, bytesOf(40, 1));
      const job = startBackup(partsOf(changing), randomBytes(24));
      while (!job.bytes.length) job.step();
      changing.set(CODES, bytesOf(length, 1));
      expect(run(job).code).toBe(DOOR_BUSY);
    }
  });
});

describe('a restore', () => {
  it('brings the lock back to what it was, after the next start', () => {
    const chip = createChip(10);
    fill(open(chip), 0x33);
    const old = values(open(chip));
    const bytes = backupOf(open(chip));
    fill(open(chip), 0x99);
    open(chip).set(SCHEDULES + 1, bytesOf(160, 9));
    expect(run(startRestore(partsOf(open(chip)), bytes, orderOf(false))).code).toBe(0);
    expect(open(chip).get(SETTINGS)).toEqual(bytesOf(24, 0x99));
    expect(finishPending(open(chip))).toMatchObject({ code: 0, entry: { what: LOG_RESTORED } });
    const now = values(open(chip));
    for (const key of [...HELD, SCHEDULES + 1]) expect(now.get(key), `${key}`).toEqual(old.get(key));
    for (const key of [OWNERS, CLOCK, FLOOR, HISTORY, RECOVERY]) expect(now.get(key), `${key}`).not.toEqual(old.get(key));
    expect([...now.keys()].filter((key) => key > STAGED || key === PENDING)).toEqual([]);
  });

  it('one-time and expiring codes come back used up', () => {
    const chip = createChip(11);
    open(chip).set(CODES, concat(entry(1, 1, 0), entry(2, 2, DISPOSABLE_USER), entry(3, 3, EXPIRING_USER | 0x80), entry(4, 4, 5)));
    const bytes = backupOf(open(chip));
    run(startRestore(partsOf(open(chip)), bytes, orderOf(false)));
    finishPending(open(chip));
    expect([0, 1, 2, 3].map((n) => open(chip).get(CODES)![n * 20 + 17])).toEqual([0, DISPOSABLE_USER | 0x40, EXPIRING_USER | 0xc0, 5]);
  });

  it('of another lock: only if told, and then only what means something here', () => {
    const from = createChip(12);
    fill(open(from), 0x33);
    const other = { deviceId: bytesOf(8, 2), codeSalt: bytesOf(16, 0x78) };
    const restoreAt = (change: typeof other, replace: boolean): { code: number; now: Map<number, Uint8Array> } => {
      const chip = createChip(13);
      fill(open(chip), 0x99);
      const { code } = run(startRestore(partsOf(open(chip), change), backupOf(open(from)), orderOf(replace)));
      expect(finishPending(open(chip)).code).toBe(0);
      return { code, now: values(open(chip)) };
    };
    const old = values(open(from));
    expect(restoreAt(other, false).code).toBe(BACKUP_OTHER_LOCK);
    const told = restoreAt(other, true);
    expect(HELD.filter((key) => Buffer.from(told.now.get(key)!).equals(old.get(key)!))).toEqual([SETTINGS, WIFI, HOLIDAYS]);
    const sameSalt = restoreAt({ ...other, codeSalt: SALT }, true);
    expect(HELD.filter((key) => !Buffer.from(sameSalt.now.get(key)!).equals(old.get(key)!))).toEqual([CALIBRATION]);
  });

  it('keeps master code and calibration where the backup has none', () => {
    const from = createChip(14);
    open(from).set(SETTINGS, bytesOf(24, 1));
    const chip = createChip(15);
    fill(open(chip), 0x99);
    run(startRestore(partsOf(open(chip)), backupOf(open(from)), orderOf(false)));
    finishPending(open(chip));
    expect([...values(open(chip)).keys()].filter((key) => HELD.includes(key)).sort((a, b) => a - b)).toEqual([MASTER, SETTINGS, CALIBRATION]);
  });

  it('with another password, another byte, or cut short is refused, and changes nothing', () => {
    const chip = createChip(16);
    fill(open(chip), 0x33);
    const bytes = backupOf(open(chip));
    const old = values(open(chip));
    const refused = (damaged: Uint8Array, change?: Parameters<typeof partsOf>[1]): number => {
      const { code } = run(startRestore(partsOf(open(chip), change), damaged, orderOf(false)));
      expect(values(open(chip))).toEqual(old);
      return code;
    };
    expect(refused(bytes.slice(), { secret: 'horse stable' })).toBe(BACKUP_DAMAGED);
    fc.assert(fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const damaged = bytes.slice();
      damaged[at] = damaged[at]! ^ flip;
      expect([BACKUP_DAMAGED, BACKUP_VERSION, BACKUP_OTHER_LOCK]).toContain(refused(damaged));
    }), { numRuns: 60 });
    for (const length of [0, 3, 44, 75, 76, bytes.length - 32, bytes.length - 4]) expect(refused(bytes.slice(0, length))).toBe(BACKUP_DAMAGED);
    expect(refused(concat(bytes, bytesOf(4, 0)))).toBe(BACKUP_DAMAGED);
    expect(run(startRestore(partsOf(open(chip)), bytes.slice(), orderOf(false, false))).code).toBe(NO_BOOTABLE_IMAGE);
    expect(values(open(chip))).toEqual(old);
    const newer = bytes.slice();
    newer[4] = 2;
    expect(refused(newer)).toBe(BACKUP_VERSION);
  });

  it('whose content is no list of records is refused although its tag is right', () => {
    const chip = createChip(17);
    fill(open(chip), 0x33);
    const old = values(open(chip));
    const bytes = backupOf(open(chip));
    // A length of the first record after the basis that leads beyond the end: change the plain text, and make the tag anew.
    const hash = (...parts: (Uint8Array | string)[]): Buffer => parts.reduce((sum, part) => sum.update(part), createHash('sha256')).digest();
    let key = hash(bytes.subarray(16, 32), 'horse staple');
    for (let i = BACKUP_ITERATIONS; i > 0; i--) key = hash(key);
    bytes[CONTENT_AT + 24 + 3] = bytes[CONTENT_AT + 24 + 3]! ^ 0x80;
    bytes.set(createHmac('sha256', hash(key, 'deadlatch backup tag')).update(bytes.subarray(0, bytes.length - TAG)).digest(), bytes.length - TAG);
    expect(run(startRestore(partsOf(open(chip)), bytes, orderOf(false))).code).toBe(BACKUP_DAMAGED);
    finishPending(open(chip));
    expect(values(open(chip))).toEqual(old);
  });

  it('gives way to a hard reset that is ordered before or meanwhile', () => {
    for (let steps = 0; steps < 90; steps++) {
      const chip = createChip(18);
      const records = open(chip);
      fill(records, 0x33);
      const bytes = backupOf(records);
      const job = startRestore(partsOf(records), bytes, orderOf(false));
      let ended = false;
      for (let step = 0; step < steps && !ended; step++) ended = job.step();
      if (ended) {
        expect(job.code).toBe(0);
        return;
      }
      orderHardReset(records, true, SOURCE_KEYPAD, 254);
      expect(run(job).code).toBe(DOOR_BUSY);
      expect(records.get(CODES)).toBeDefined();
      finishPending(open(chip));
      expect([...values(open(chip)).keys()].filter((key) => HELD.includes(key))).toEqual([CALIBRATION]);
    }
    throw new Error('the job does not end');
  });

  it('is refused where there is no room to do it safely, and leaves nothing behind', () => {
    const from = createChip(19);
    fill(open(from), 0x33);
    const bytes = backupOf(open(from));
    const small = createChip(20, 4);
    for (const key of [HISTORY, SCHEDULES]) open(small).set(key, bytesOf(500, 1));
    const old = values(open(small));
    const restored = openRecords({ flash: small.nor.port, span: small.records, spare: small.spare, crc32 });
    expect(run(startRestore(partsOf(restored), bytes, orderOf(false))).code).toBe(RECORDS_FULL);
    expect(freeBytesOf(restored)).toBe(freeBytesOf(open(small)));
    expect(values(open(small))).toEqual(old);
    const tiny = createChip(22, 4);
    for (const key of [HISTORY, SCHEDULES, CODES]) open(tiny).set(key, bytesOf(1000, 1));
    expect(run(startRestore(partsOf(open(tiny)), backupOf(open(from)), orderOf(false))).code).toBe(RECORDS_FULL);
    expect([...values(open(tiny)).keys()]).toEqual([CODES, HISTORY, SCHEDULES]);
  });

  it('cut at any flash operation, in any way, and cut again: all as before, or all of the backup', () => {
    const prepare = (): { chip: Chip; bytes: Uint8Array } => {
      const chip = createChip(21);
      fill(open(chip), 0x33);
      const bytes = backupOf(open(chip), { secret: 'x' });
      fill(open(chip), 0x99);
      return { chip, bytes };
    };
    const restore = (chip: Chip, bytes: Uint8Array): void => {
      expect(run(startRestore(partsOf(open(chip), { secret: 'x' }), bytes, orderOf(false))).code).toBe(0);
      finishPending(open(chip));
    };
    const whole = prepare();
    const old = values(open(whole.chip));
    const before = whole.chip.nor.operations;
    restore(whole.chip, whole.bytes);
    const operations = whole.chip.nor.operations - before;
    const restored = values(open(whole.chip));
    const prepared = prepare();
    const outcomes = { asBefore: 0, complete: 0 };
    for (let ahead = 0; ahead < operations; ahead++) {
      for (const how of ['before', 'torn', 'after'] as const) {
        const { chip, bytes } = ahead || how !== 'before' ? prepare() : prepared;
        withCut(chip.nor, { ahead, how, seed: ahead + 1 }, () => restore(chip, bytes));
        withCut(chip.nor, { ahead: ahead * 7 % 30, how, seed: ahead + 77 }, () => { finishPending(open(chip)); });
        expect(finishPending(open(chip)).code).toBe(0);
        const now = values(open(chip));
        const complete = now.get(SETTINGS)![0] === 0x33;
        expect(now, `${how} ${ahead}`).toEqual(complete ? restored : old);
        outcomes[complete ? 'complete' : 'asBefore']++;
      }
    }
    expect(outcomes.asBefore).toBeGreaterThan(0);
    expect(outcomes.complete).toBeGreaterThan(0);
  }, 120_000);
});
