/** What `deadlatch serve` says first. */
import { SMP_UDP_PORT } from '../../firmware/transports/udp.js';
import type { BoardHome } from './blank-board.js';
import { HOST } from './bridge.js';
import { HELP } from '../virtual/hands.js';
import type { Home } from './home.js';

export interface Ports {
  port: number;
  wire: number;
}

const HELP_LINES = HELP.map((line) => `  ${line}`).join('\n');

const updates = ({ port }: Ports): string => `SMP on UDP ${HOST}:${port}; try: ${port === SMP_UDP_PORT ? `smpmgr --ip ${HOST} image state-read` : `mcumgr --conntype udp --connstring=[${HOST}]:${port} image list`}`;

/** A ready lock. */
export function introduceLock(home: Home, ports: Ports): string {
  const known = 'not known here (the file beside the flash is gone); --fresh makes a new lock';
  return `
A virtual lock: an ESP32 with keypad, motor, sensors and four AA cells, all simulated. The firmware
in it is the real one. No door hangs on it, so its codes are shown here; a real lock tells nobody.

  PIN             ${home.codes ? `${home.codes.pin}      then # opens the door, # alone locks it` : known}
  master code     ${home.codes ? `${home.codes.masterCode}    then #, then 8# opens the update window for ten minutes` : known}
${home.recoveryCode ? `  recovery code   ${home.recoveryCode}, shown this once: opens the door when the master code is lost\n` : ''}
  updates         ${updates(ports)}
  wire            tcp:${HOST}:${ports.wire}
  signing key     ${home.signer}
  flash           ${home.flashFile}: stopping this is pulling the battery

${HELP_LINES}
`;
}

/** A board to be made a lock. */
export function introduceBoard(home: BoardHome, board: string, ports: Ports): string {
  return `
A virtual board: an ESP32 wired as ${home.wiring.name}, all simulated. ${home.blank ? 'Espruino is on it, and nothing else yet.' : 'What you made of it last time is in its flash.'}

  wire            tcp:${HOST}:${ports.wire}, as if its USB cable were plugged in
${home.blank ? `  make it a lock  npx deadlatch provision --via tcp:${HOST}:${ports.wire} --wiring ${board}   (in a second terminal)\n` : ''}  updates         ${updates(ports)}
  flash           ${home.flashFile}: stopping this is pulling the battery; --fresh erases it

${HELP_LINES}
`;
}
