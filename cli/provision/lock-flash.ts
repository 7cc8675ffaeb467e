/**
 * What the factory leaves in a lock's flash: bootloader, layout record, identity, the first image and the first codes. The journal
 * stays empty: the first start verifies the image in full and writes it.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { FAMILIES, type ChipFamily } from '../../boards/families.js';
import type { Wiring } from '../../boards/wiring.js';
import { buildIdentity } from '../../firmware/flash/identity.js';
import { buildLayoutRecord } from '../../firmware/flash/layout-record.js';
import { layoutOf, PAGE_BYTES } from '../../firmware/flash/layout.js';
import { CALIBRATION, OWNERS, WIFI } from '../../firmware/flash/keys.js';
import { openStores } from '../../firmware/flash/open.js';
import { addCode, isPin, setMaster, stretchCode } from '../../firmware/lock/codes-table.js';
import { withOwner } from '../../firmware/lock/owners.js';
import type { Platform } from '../../firmware/platform/types.js';
import { UNRESTRICTED_USER } from '../../firmware/lock/states.js';
import { storageImage } from '../../virtual-board/provision.js';
import { createHostPlatform } from '../host-platform.js';
import { calibrationRecord } from '../../firmware/lock/calibration.js';

export interface LockFlashOptions {
  wiring: Wiring;
  boot0Text: string;
  /** The signed image for slot A. */
  image: Uint8Array;
  production: boolean;
  /** Factory public keys, 32 bytes each: one or two. */
  keys: Uint8Array[];
  masterCode: string;
  /** PINs of users 1, 2, ... */
  pins: string[];
  /** 12 digits; made at random where it is not given. */
  recoveryCode?: string;
  serial?: string;
  /** Where a test wants the same flash each time. */
  deviceId?: Uint8Array;
  codeSalt?: Uint8Array;
  /** Of owner 1, 32 bytes. */
  ownerKey?: Uint8Array;
  /** The record `WIFI`. */
  network?: Uint8Array;
  /** True volts over read volts, in 1/10000. */
  calibration?: number;
}

export interface LockFlash {
  /** All of Storage. */
  bytes: Uint8Array;
  recoveryCode: string;
}

/** Builds it. Throws an Error with one sentence where a code or the image cannot be used. */
export function buildLockFlash(options: LockFlashOptions): LockFlash {
  const [firstKey, secondKey] = options.keys;
  if (firstKey === undefined) throw new Error('keys: a lock needs at least one factory key.');
  const family = familyOf(options.wiring);
  const { geometry } = family;
  const recoveryCode = options.recoveryCode ?? Array.from({ length: 12 }, () => randomInt(10)).join('');
  if (!/^\d{12}$/.test(recoveryCode)) throw new Error('recovery code: it has 12 digits; choose another.');
  const scratch = createHostPlatform(new Uint8Array(0), 0);
  const layoutRecord = buildLayoutRecord(geometry, family.id, scratch.crc32);
  const bytes = storageImage({ geometry, boot0Text: options.boot0Text, layoutRecord });
  const platform = createHostPlatform(bytes, geometry.base) as Platform;
  const layout = layoutOf(geometry);
  const put = (address: number, data: Uint8Array): void => bytes.set(data, address - geometry.base);

  if (options.image.length > layout.slots[0].pages * PAGE_BYTES) {
    throw new Error(`image: it has ${options.image.length} bytes, a slot of ${family.name} holds ${layout.slots[0].pages * PAGE_BYTES}.`);
  }
  put(layout.slots[0].address, options.image);
  const salt = options.codeSalt ?? new Uint8Array(randomBytes(16));
  const stretch = (code: string): Uint8Array => stretchCode(platform, salt, code, options.wiring.stretch);
  const recoveryHash = stretch(recoveryCode);
  const identity = buildIdentity({
    deviceId: options.deviceId ?? new Uint8Array(randomBytes(8)),
    family: family.id,
    hardware: options.wiring.hardware,
    production: options.production,
    keys: [firstKey, secondKey ?? new Uint8Array(32)],
    codeSalt: salt,
    recoveryHash,
    serial: options.serial ?? 'DL-' + randomBytes(4).toString('hex'),
    wiring: JSON.stringify(options.wiring),
  }, platform.crc32);
  if (!identity) throw new Error(`wiring "${options.wiring.name}": serial or wiring record do not fit the identity pages; shorten them.`);
  put(layout.identity.address, identity);

  const { records } = openStores(platform, layout);
  setCode('master code', options.masterCode, (value) => setMaster(platform, records, recoveryHash, value));
  options.pins.forEach((pin, index) => setCode(`PIN of user ${index + 1}`, pin, (value) => addCode(platform, records, recoveryHash, value, index + 1, UNRESTRICTED_USER, 0)));
  if (options.ownerKey) setRecord(OWNERS, withOwner(undefined, 1, options.ownerKey));
  if (options.network) setRecord(WIFI, options.network);
  if (options.calibration !== undefined) setRecord(CALIBRATION, calibrationRecord(options.calibration));

  function setRecord(key: number, value: Uint8Array): void {
    const failed = records.set(key, value);
    if (failed) throw new Error(`record ${key}: it cannot be written (${failed}).`);
  }
  function setCode(what: string, code: string, store: (value: Uint8Array) => number): void {
    if (!isPin(code)) throw new Error(`${what}: "${code}" is not 4 to 10 digits; choose another.`);
    const failed = store(stretch(code));
    if (failed) throw new Error(`${what}: it is used already; choose another.`);
  }
  return { bytes, recoveryCode };
}

export function familyOf(wiring: Wiring): ChipFamily {
  const family = FAMILIES.find((one) => one.name === wiring.family);
  if (!family) throw new Error(`wiring "${wiring.name}": there is no chip family "${wiring.family}".`);
  return family;
}
