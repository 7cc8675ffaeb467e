/**
 * Backup and restore: codes, schedules, holidays, settings, Wi-Fi and calibration as one encrypted text. Numbers have their low byte first.
 *
 *    0   4  "DLK1"
 *    4   1  version, 1
 *    5   1  0
 *    6   2  iterations n of the key
 *    8   8  device id of the lock it was made of
 *   16  16  salt
 *   32   8  nonce
 *   40   2  c, length of the content: a multiple of 4
 *   42   2  0
 *   44   c  content, XORed with the key stream
 * 44+c  32  HMAC-SHA256 with the second key over all bytes before it
 *
 *   x(0) = SHA-256( salt | secret ), x(i) = SHA-256( x(i-1) )
 *   first key  = SHA-256( x(n) | "deadlatch backup stream" )     second key = SHA-256( x(n) | "deadlatch backup tag" )
 *   key stream = SHA-256( first key | nonce | i as u32 ), i = 0, 1, 2 ...
 *
 * The content is records one after the other, each { key u8, 0, length u16, bytes, 0 up to a multiple of 4 }. The first has key 0 and
 * tells what stored codes depend on: codeSalt (16), iterations of codes (u16). Owner keys, the recovery code and logs are not in it.
 *
 * What a restore brings back: at the lock it was made of, everything. At another one (`replace` must say so) settings, holidays and Wi-Fi;
 * codes and schedules only if that lock was provisioned with the same salt, because stored codes mean nothing without it. A master code
 * and a calibration are kept where the backup has none. One-time and expiring codes come back used up: nobody knows what became of
 * them after the backup.
 *
 * Both are jobs in steps of at most 50 ms. A restore checks the tag before it uses anything, puts the values aside, and orders the next
 * start to take them (resets.ts): restart when it ends with 0.
 */
import { BACKUP_DAMAGED, BACKUP_OTHER_LOCK, BACKUP_VERSION, DOOR_BUSY, RECORDS_FULL, type ErrorCode } from '../errors.js';
import { copyBytes } from '../flash/bytes.js';
import { CALIBRATION, CODES, HOLIDAYS, MASTER, PENDING, SCHEDULES, SETTINGS, STAGED, WIFI } from '../flash/keys.js';
import { freeBytesOf } from '../flash/record-chores.js';
import { lengthAt, sizeOf, VALUE_MAX } from '../flash/record-format.js';
import { SLOTS } from '../flash/record-index.js';
import type { Ring } from '../flash/records.js';
import type { Platform } from '../platform/types.js';
import { CONTENT_AT, openCipher, TAG } from './backup-cipher.js';
import { TYPE_AT, TYPE_BITS, USED_UP } from './codes.js';
import { equalTags } from './hmac.js';
import { checkReset, finishPending, HARD_RESET, orderPending, RESTORE } from './resets.js';
import { DISPOSABLE_USER, EXPIRING_USER } from './states.js';
import { CODE_ENTRY_BYTES, tableKey, tablesOf } from './tables.js';

/** Whatever a chip can hash in one go holds it. */
export const BACKUP_MAX = 8000;
/** Of a password that people can type; an owner's key of 32 random bytes needs none, but does not mind. */
export const BACKUP_ITERATIONS = 2000;
const MAGIC = 'DLK1';
const VERSION = 1;
const SLOTS_A_STEP = 40;

export interface BackupParts {
  platform: Pick<Platform, 'sha256' | 'digest' | 'collect' | 'toWire' | 'toBytes'>;
  records: Ring;
  identity: { deviceId: Uint8Array; codeSalt: Uint8Array };
  /** Iterations of stored codes (the wiring's `stretch`). */
  stretch: number;
  /** The password's bytes, or an owner's key. */
  secret: Uint8Array;
}

export interface Job {
  /** One turn's work. True: the job has ended, `code` and `bytes` count. */
  step(): boolean;
  code: ErrorCode;
  /** The finished backup. */
  bytes: Uint8Array;
}

/** What a backup holds, in the order it stands there. */
function keysOfBackup(): number[] {
  const keys = [MASTER, SETTINGS, WIFI, CALIBRATION, HOLIDAYS];
  for (let i = 0; i < tablesOf(CODES); i++) keys.push(tableKey(CODES, i));
  for (let i = 0; i < tablesOf(SCHEDULES); i++) keys.push(tableKey(SCHEDULES, i));
  return keys;
}

/** `random`: 24 bytes of hardware randomness, fresh for each backup. Ends with DOOR_BUSY if a record grew meanwhile. */
export function startBackup(parts: BackupParts, random: Uint8Array): Job {
  const keys = keysOfBackup();
  const basis = basisOf(parts);
  const job: Job = { step: measure, code: 0, bytes: new Uint8Array(0) };
  let next = 0;
  let at = CONTENT_AT + itemBytes(basis);

  function measure(): boolean {
    const value = next < keys.length ? parts.records.get(keys[next++]!) : undefined;
    if (value) at += itemBytes(value);
    if (next < keys.length) return false;
    if (at + TAG > BACKUP_MAX) {
      job.code = RECORDS_FULL;
      return true;
    }
    const bytes = job.bytes = new Uint8Array(at + TAG);
    const length = at - CONTENT_AT;
    bytes.set(parts.platform.toBytes(MAGIC));
    bytes.set([VERSION, 0, BACKUP_ITERATIONS & 255, BACKUP_ITERATIONS >> 8], 4);
    bytes.set(parts.identity.deviceId, 8);
    bytes.set(random.subarray(0, 24), 16);
    bytes.set([length & 255, length >> 8], 40);
    at = putItem(bytes, CONTENT_AT, 0, basis);
    next = 0;
    job.step = fill;
    return false;
  }
  function fill(): boolean {
    const bytes = job.bytes;
    const value = parts.records.get(keys[next]!);
    const end = bytes.length - TAG;
    if (value && at + itemBytes(value) <= end) at = putItem(bytes, at, keys[next]!, value);
    else if (value) job.code = DOOR_BUSY;
    if (++next < keys.length && !job.code) return false;
    if (at !== end) job.code = DOOR_BUSY;
    if (job.code) return true;
    const cipher = openCipher(parts.platform, parts.secret, bytes);
    let encrypted = false;
    job.step = () => {
      if (encrypted) bytes.set(cipher.tag(), end);
      const ended = encrypted;
      encrypted = encrypted || cipher.step();
      return ended;
    };
    return false;
  }
  return job;
}

export interface RestoreOrder {
  /** It may be another lock's. */
  replace: boolean;
  /** An image that the next start can run is in flash. */
  bootable: boolean;
  /** Who wants it, for the log. */
  source: number;
  user: number;
}

/** `bytes` is decrypted in place once its tag was found right; it begins at a multiple of 4 in its buffer. */
export function startRestore(parts: BackupParts, bytes: Uint8Array, order: RestoreOrder): Job {
  const code = checkReset(order.bootable) || checkHead(parts, bytes, order.replace);
  const job: Job = { step: () => true, code, bytes };
  if (code) return job;
  const cipher = openCipher(parts.platform, parts.secret, bytes);

  function prove(): boolean {
    if (!cipher.keyStep()) return false;
    if (!equalTags(cipher.tag(), bytes.subarray(bytes.length - TAG))) job.code = BACKUP_DAMAGED;
    job.step = decrypt;
    return job.code > 0;
  }
  function decrypt(): boolean {
    if (cipher.step()) job.step = openStage(parts, job, order);
    return false;
  }
  job.step = prove;
  return job;
}

/** What can be said before the key is known. */
function checkHead(parts: BackupParts, bytes: Uint8Array, replace: boolean): ErrorCode {
  const head = parts.platform.toWire(bytes.subarray(0, CONTENT_AT));
  if (bytes.length < CONTENT_AT + TAG || bytes.length > BACKUP_MAX || head.substr(0, 4) !== MAGIC || !bytes[4]) return BACKUP_DAMAGED;
  if (bytes[4]! > VERSION) return BACKUP_VERSION;
  const content = bytes.length - CONTENT_AT - TAG;
  if (content & 3 || (bytes[40]! | bytes[41]! << 8) !== content) return BACKUP_DAMAGED;
  return replace || head.substr(8, 8) === parts.platform.toWire(parts.identity.deviceId) ? 0 : BACKUP_OTHER_LOCK;
}

/** What stored codes depend on. */
function basisOf(parts: BackupParts): Uint8Array {
  const basis = new Uint8Array(18);
  basis.set(parts.identity.codeSalt);
  basis.set([parts.stretch & 255, parts.stretch >> 8], 16);
  return basis;
}

function itemBytes(value: Uint8Array): number {
  return 4 + (value.length + 3 & ~3);
}

function putItem(bytes: Uint8Array, at: number, key: number, value: Uint8Array): number {
  bytes.set([key, 0, value.length & 255, value.length >> 8], at);
  bytes.set(value, at + 4);
  return at + itemBytes(value);
}

/** Puts the values aside, one a step, and orders the next start to take them. Until the last write all is as it was. */
function openStage(parts: BackupParts, job: Job, order: RestoreOrder): () => boolean {
  const records = parts.records;
  const bytes = job.bytes;
  const end = bytes.length - TAG;
  const wire = parts.platform.toWire;
  const sameCodes = !bytes[CONTENT_AT] && wire(bytes.subarray(CONTENT_AT + 4, CONTENT_AT + 22)) === wire(basisOf(parts));
  const sameLock = wire(bytes.subarray(8, 16)) === wire(parts.identity.deviceId);
  const keys = keysOfBackup();
  let taken = 0;
  let room = 0;
  let at = 0;
  let slot = 1;
  let prepared = 0;
  let live = 0;

  /**
   * What an earlier restore left behind goes first; so does this one's at the next start, should a cut end it before it is ordered. A turn
   * each: the store may have much to do.
   */
  function prepare(): ErrorCode {
    if (prepared++ === 1) return finishPending(records).code;
    if (prepared > 3) {
      for (let i = 0; i < keys.length; i++) {
        const key = keys[i]!;
        if (key === SETTINGS || key === WIFI || key === HOLIDAYS || sameCodes && key !== MASTER && key !== CALIBRATION) taken |= 1 << key;
      }
      at = CONTENT_AT;
      return 0;
    }
    return orderPending(records, RESTORE, order.source, order.user, 0);
  }
  function takeItem(): ErrorCode {
    const key = bytes[at]!;
    const length = bytes[at + 2]! | bytes[at + 3]! << 8;
    if (length > VALUE_MAX || at + 4 + length > end) return BACKUP_DAMAGED;
    const value = copyBytes(bytes, at + 4, at + 4 + length);
    at += itemBytes(value);
    if (!key || keys.indexOf(key) < 0 || !(taken & 1 << key || key === MASTER && sameCodes || key === CALIBRATION && sameLock)) return 0;
    if (isCodes(key)) useUp(value);
    taken |= 1 << key;
    room += sizeOf(length);
    return records.set(STAGED + key, value);
  }
  /** What counts already, a few values a step; true when the store knows. The next start must not find it full half-way. */
  function counted(): boolean {
    const until = slot + SLOTS_A_STEP;
    if (records.live >= 0) return true;
    for (; slot < SLOTS && slot < until; slot++) if (records.places[slot]) live += sizeOf(lengthAt(records.region, records.places[slot]!));
    if (slot === SLOTS) records.live = live;
    return slot === SLOTS;
  }
  return () => {
    const mark = records.get(PENDING);
    // Ordered at the keypad meanwhile: it goes first.
    if (mark && mark[0] === HARD_RESET) {
      job.code = DOOR_BUSY;
      return true;
    }
    if (at && at >= end) {
      if (!counted()) return false;
      job.code = (freeBytesOf(records) < room ? RECORDS_FULL : 0) || orderPending(records, RESTORE, order.source, order.user, taken);
    } else {
      job.code = at ? takeItem() : prepare();
      if (!job.code) return false;
    }
    if (job.code && prepared > 1) finishPending(records);
    return true;
  };
}

function isCodes(key: number): boolean {
  for (let i = 0; i < tablesOf(CODES); i++) if (key === tableKey(CODES, i)) return true;
  return false;
}

/** One-time and expiring codes of a table. */
function useUp(table: Uint8Array): void {
  for (let at = TYPE_AT; at < table.length; at += CODE_ENTRY_BYTES) {
    const type = table[at]! & TYPE_BITS;
    if (type === DISPOSABLE_USER || type === EXPIRING_USER) table[at] = table[at]! | USED_UP;
  }
}
