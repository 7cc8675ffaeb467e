/** What its owner has to know about a new lock: shown once. */
import type { Wiring } from '../../boards/wiring.js';
import type { Unfinished } from './unfinished.js';

export function lastPage(lock: Unfinished, wiring: Wiring | undefined): string {
  const recovery = lock.recoveryCode.replace(/(\d{4})(?=\d)/g, '$1 ');
  const keypad = wiring?.keypad.type !== 'none';
  return [
    '',
    `Made: ${lock.wiring}, serial ${lock.serial}, ${lock.production ? 'production: its console is shut for good' : 'for development: its console stays open on the wire'}.`,
    '',
    `  recovery code   ${recovery}`,
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
    ] : ['', 'This wiring has no keypad: the lock is spoken to over its wire or network alone.']),
  ].join('\n');
}
