/**
 * Which functions of which bundle are made late, and which are let go early (see bundle-shape.ts). A function costs Espruino six to eight
 * variables as long as its name can be reached, and some time to be made: late is what few moments need and nothing hot calls.
 * An owner inside another one stands behind it.
 */

/** What a bundle does about its functions. */
export interface MemoryPlan {
  /** Owners, for `nest`. */
  late: readonly string[];
  /** Functions that run only while the program starts, for `programOf`. */
  once: readonly string[];
}

/** Inside whatever holds the SMP server. */
function server(owner: string): string[] {
  const inside = [
    'loadJudge', 'imageCommand', 'imageCommand.setState', 'imageCommand.answerState', 'osCommand', 'reasonOf', 'refusal',
    'createUpload.store', 'createUpload.finish',
  ];
  return [owner, ...inside.map((name) => `${owner}.${name}`)];
}

const DOOR = ['openDoor.onKey', 'openDoor.onStretched', 'holderOf', 'newestSequence', 'errorPattern'];
const DOOR_ONCE = [
  'openCore', 'openService', 'openDoor', 'openTries', 'openBolt', 'newBolt', 'openBattery', 'openDoorStores', 'openRecords', 'newEntry', 'closedWindow',
  'onInterpreterFault',
];

export const APP: MemoryPlan = {
  late: [
    ...server('loadUpdater'), 'loadUpdater.loadJudge.startVerifyImage', 'loadUpdater.loadAftermath', 'loadUpdater.lockCommand', ...DOOR, 'openWiegand', 'openWriter', 'openRecords.load',
    'openCore.gate', 'checksOf',
  ],
  once: [
    ...DOOR_ONCE, 'startApp', 'openKeypad', 'openMatrix', 'openWiegand', 'openSignals', 'openMeter', 'parseIdentity', 'findIdentity', 'identityOf', 'isProduction', 'wiringOf', 'openJournal', 'partsOf',
    'createPlatform', 'createPins', 'flashPort', 'resetCause', 'openRadio', 'openUdp', 'serveUdp', 'joinWifi',
  ],
};

/** Its journal, keypad and verifier are the bootloader's: see bootloader/shared.ts. */
export const SAFE_MODE: MemoryPlan = {
  late: [...server('createServer'), ...DOOR.filter((name) => name !== 'errorPattern'), 'openRecords.load', 'openCore.gate'],
  once: [...DOOR_ONCE, 'openSerial', 'wirePort', 'serveSerial', 'createLineReader'],
};

/** What only rare.ts needs lies apart with it; safe mode keeps what it shares with the bootloader, and everything that stands beside that. */
export const BOOT: MemoryPlan & { apart: readonly string[] } = { late: ['openApart', 'openApart.openRare', 'openWriter'], once: [], apart: ['openApart', 'openWriter'] };
