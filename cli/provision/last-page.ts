/** What its owner has to know about a new lock: shown once. */
import type { Wiring } from '../../boards/wiring.js';
import { hasDivider } from './calibration.js';
import { buildOwnerUri } from './owner-uri.js';
import { qrCodeOf, qrInTerminal } from './qr-code.js';
import type { Unfinished } from './unfinished.js';

/** `1234 5678 9012` */
export const grouped = (recoveryCode: string): string => recoveryCode.replace(/(\d{4})(?=\d)/g, '$1 ');

/** Of the first owner. */
export function ownerUriOf(lock: Unfinished): string {
  const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
  return buildOwnerUri({
    deviceId: bytes(lock.deviceId), serial: lock.serial, model: lock.wiring, owner: 1, ownerKey: bytes(lock.ownerKey), publicKey: bytes(lock.makerKey),
  });
}

/** `inTerminal`: the owner's code as a picture, too. */
export function lastPage(lock: Unfinished, wiring: Wiring | undefined, inTerminal: boolean): string {
  const keypad = wiring?.keypad.type !== 'none';
  const uri = ownerUriOf(lock);
  return [
    '',
    `Made: ${lock.wiring}, serial ${lock.serial}, ${lock.production ? 'production: its console is shut for good' : 'for development: its console stays open on the wire'}.`,
    ...(lock.network ? [`It joins the Wi-Fi network ${lock.network.name}.`] : []),
    ...(wiring && hasDivider(wiring.battery) && lock.calibration === undefined
      ? ['Its battery reading is not calibrated: for updates it wants 6 % more volts than it would with a reading of a multimeter.'] : []),
    '',
    ...(inTerminal ? [qrInTerminal(qrCodeOf(uri)), ''] : []),
    'Owner 1, for a phone. Whoever reads this owns the lock, so keep it like a key; no program reads it yet:',
    `  ${uri}`,
    '',
    `  recovery code   ${grouped(lock.recoveryCode)}`,
    `  master code     ${lock.masterCode}${lock.masterMade ? '   (made for you)' : ''}`,
    `  PIN of user 1   ${lock.pin}`,
    '',
    'Write them down now, and put the recovery code where this door does not lock it away: it is not shown again and nobody can find it out.',
    'The board restarts now; the first start takes a little longer, because it verifies its firmware.',
    ...(keypad ? [
      '',
      'At the keypad:',
      `  ${lock.pin}#        opens`,
      '  #             locks',
      `  ${lock.masterCode}# 1#   opens, too; ${lock.masterCode}# 8# opens the update window for ten minutes`,
      `  ${lock.recoveryCode}#   opens and asks for a new master code, typed twice`,
      '',
      `Now press ${lock.pin}#.`,
    ] : ['', 'This wiring has no keypad: the lock is spoken to over its wire or network alone.']),
  ].join('\n');
}
