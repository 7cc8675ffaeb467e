/** A virtual lock as it comes from the factory. */
import { wiring } from '../../boards/reference/virtual.js';
import { buildBootloader } from '../../scripts/build-bootloader.js';
import { buildLockFlash, type LockFlash } from '../provision/lock-flash.js';
import type { SignedFirmware } from './firmware.js';

export { wiring };

export interface FactoryOptions {
  /** Version 1 of the lock's firmware, in slot A. */
  firmware: SignedFirmware;
  production: boolean;
  /** Public key of whoever signs its firmware, 32 bytes. */
  publicKey: Uint8Array;
  masterCode: string;
  pin: string;
  /** Where the same flash is wanted each time. */
  fixed?: { recoveryCode: string; serial: string; deviceId: Uint8Array; codeSalt: Uint8Array };
}

/** Builds the bootloader and puts everything into flash as provisioning does. */
export async function provisionVirtualLock(options: FactoryOptions): Promise<LockFlash> {
  const bootloader = await buildBootloader({ family: 'virtual' });
  return buildLockFlash({
    wiring, boot0Text: bootloader.text, image: options.firmware.file, production: options.production, keys: [options.publicKey],
    masterCode: options.masterCode, pins: [options.pin], ...options.fixed,
  });
}
