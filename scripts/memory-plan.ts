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
    'loadRules', 'createOffers', 'createUpdate', 'refusal', 'readRequest', 'replyTo',
    'osCommand', 'imageCommand', 'imageCommand.list', 'imageCommand.setState', 'imageCommand.erase', 'answerState', 'tryImage', 'startTrial',
    'takeFirst', 'beginSession', 'storeChunk', 'storeChunk.matchesOffer', 'lowBattery', 'finishUpload', 'writeSession',
  ];
  return [owner, 'loadJudge', ...inside.map((name) => `${owner}.${name}`)];
}

const DOOR = [
  'act', 'act.onKey', 'act.onKey.onSubmit', 'act.onStretched', 'act.afterThrow', 'act.onChange', 'act.onTime', 'act.onButton', 'act.operate', 'act.writeLog',
  'act.onMenuTurn', 'act.openMenu', 'finishPending', 'openStrike', 'watchChord', 'openTries.write', 'openTries.waitMs', 'openBattery.gate', 'markCurrent',
];
/** `startVerification` stands apart from the context, which a verification must not hold. */
const CORE = ['openCore.gate', 'openCore.grant', 'openCore.restart', 'startVerification', 'openCore.context', 'openCore.context.wordsOf'];
const DOOR_ONCE = [
  'finishPending', 'newClock',
  'openCore', 'openService', 'openDoor', 'newDoor', 'brownOut', 'openButtons', 'openTries', 'openBolt', 'newBolt', 'openThrown', 'motorDrive', 'servoDrive', 'openStrike', 'openBattery', 'openDoorStores', 'openRecords', 'newEntry', 'closedWindow',
  'onInterpreterFault', 'floorsInForce', 'floorsOf', 'setUpInput',
];

/** Inside the owner of all that only an update needs. */
const UPDATER = [
  'loadUpdater', ...server('loadUpdater').slice(1), 'loadJudge.startVerifyImage', 'loadJudge.parse',
  'loadUpdater.loadAftermath', 'loadUpdater.lockCommand', 'loadUpdater.lockCommand.takeOfferChunk', 'loadUpdater.lockCommand.store',
];

export const APP: MemoryPlan = {
  late: [...UPDATER, ...DOOR, 'openMeter.restMv', 'openWiegand', 'lightKeys', 'openWriter', 'loadChanges', ...CORE, 'checksOf', 'sleepIfIdle'],
  once: [
    ...DOOR_ONCE, 'startApp', 'openKeypad', 'openMatrix', 'matrixDown', 'newKeys', 'gainIn', 'setUpCells', 'openWiegand', 'lightKeys', 'openSignals', 'openMeter', 'parseIdentity', 'findIdentity', 'identityOf', 'isProduction', 'wiringOf',
    'openJournal', 'findNewest', 'scan', 'chordOf', 'partsOf', 'radioAllowed', 'createPlatform', 'createPins', 'flashPort', 'resetCause', 'openRadio', 'openUdp', 'joinWifi', 'forgetImage', 'letGo', 'offerToConsole',
  ],
};

/** Its journal, signals and verifier are the bootloader's: see bootloader/shared.ts. */
export const SAFE_MODE: MemoryPlan = {
  late: [...server('createServer'), ...DOOR, 'openWiegand', 'lightKeys', 'loadChanges', ...CORE],
  once: [
    ...DOOR_ONCE, 'openKeypad', 'openMatrix', 'matrixDown', 'newKeys', 'chordOf', 'openWiegand', 'lightKeys', 'openSerial', 'wirePort', 'serveSerial',
    'createLineReader',
  ],
};

/** What only rare.ts needs lies apart with it; safe mode keeps what it shares with the bootloader, and everything that stands beside that. */
export const BOOT: MemoryPlan & { apart: readonly string[] } = { late: ['openApart', 'openApart.openRare', 'openWriter'], once: [], apart: ['openApart', 'openWriter'] };
