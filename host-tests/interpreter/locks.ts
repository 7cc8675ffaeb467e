/** Locks for the real interpreter, as they come from the factory: the shipped bundles, built for the family `linux`. */
import { REFERENCE } from '../../boards/reference/index.js';
import { buildImage } from '../../cli/image/build-image.js';
import { signFirmware, type SignedFirmware } from '../../cli/virtual/firmware.js';
import { buildLockFlash, familyOf } from '../../cli/provision/lock-flash.js';
import { createKey } from '../../cli/image/key-file.js';
import { createCommands, type Commands } from '../../cli/smp/commands.js';
import { lineLink, realTime } from '../../cli/smp/link.js';
import { openUdpLink } from '../../cli/smp/udp-link.js';
import { layoutOf, PAGE_BYTES } from '../../firmware/flash/layout.js';
import { buildApp, type AppOptions } from '../../scripts/build-firmware.js';
import { buildBootloader } from '../../scripts/build-bootloader.js';
import { createInterpreter, PRELUDE, type Interpreter, type InterpreterOptions } from '../../virtual-board/interpreter/interpreter.js';

export const wiring = REFERENCE.linux!;
export const MASTER_CODE = '86420';
export const PIN = '1357';
export const RECOVERY_CODE = '314159265358';

const key = createKey(false, new Uint8Array(48).fill(5));

/** An image for the interpreter, signed by the key that every lock here accepts. */
export async function linuxFirmware(version: string, options: Partial<AppOptions> = {}): Promise<SignedFirmware> {
  const body = await buildApp({ ...options, family: 'linux', version });
  return signFirmware(buildImage(body, { family: 'linux', version, counter: 1 }), key, version);
}

export interface LinuxLockOptions extends Partial<InterpreterOptions> {
  /** PINs of users 1, 2, ...; one user with `PIN` where it is not given. */
  pins?: string[];
  /** Default: true. */
  production?: boolean;
  /** Nothing lies in the slots: an erased slot A, too. */
  emptySlots?: boolean;
  /** In the place of prelude and bootloader. */
  boot0Text?: string;
}

/** A provisioned lock, switched off, with `firmware` in slot A where that is not to be empty. */
export async function linuxLock(firmware: SignedFirmware, given: LinuxLockOptions = {}): Promise<Interpreter> {
  const { pins = [PIN], emptySlots, boot0Text, production = true, ...options } = given;
  const { bytes } = buildLockFlash({
    wiring, boot0Text: boot0Text ?? (await buildBootloader({ family: 'linux', prelude: PRELUDE })).text,
    image: firmware.file, production, keys: [key.publicKey], masterCode: MASTER_CODE, pins,
    recoveryCode: RECOVERY_CODE, serial: 'DL-test', deviceId: new Uint8Array(8).fill(1), codeSalt: new Uint8Array(16).fill(2),
  });
  if (emptySlots) {
    const { geometry } = familyOf(wiring);
    const slotA = layoutOf(geometry).slots[0];
    bytes.fill(0xff, slotA.address - geometry.base, slotA.address - geometry.base + slotA.pages * PAGE_BYTES);
  }
  return createInterpreter({ flash: bytes, wiring, ...options });
}

/** The project's own SMP client on the lock's UDP port. */
export async function smpClient(lock: Interpreter): Promise<Commands> {
  return createCommands(await openUdpLink('127.0.0.1', lock.smpPort), realTime, { timeoutMs: 1500, retries: 8 });
}

/** The same client on the lock's serial port. */
export function wireClient(lock: Interpreter): Commands {
  return createCommands(lineLink(lock.wire), realTime, { timeoutMs: 2500, retries: 4 });
}
