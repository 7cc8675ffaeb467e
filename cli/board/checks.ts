/** Whether a board and its build of Espruino can carry a lock. Everything here only reads. */
import type { ChipFamily, FamilyName } from '../../boards/families.js';
import { PAGE_BYTES } from '../../firmware/flash/layout.js';
import { Refusal } from '../image/refusal.js';
import { BoardThrew, NoAnswer, type Connection } from './connection.js';

/** First build of Espruino's master that has what the firmware needs. */
const ESPRUINO_BUILD = '2v29.277';
/** `process.env.BOARD` of the builds of each family; the last one is of no use to anybody but tests. */
const BOARDS: Partial<Record<FamilyName, RegExp>> = { esp32: /^ESP32(_IDF4)?$/, esp32c3: /^ESP32C3(_IDF4)?$/, xiaoble: /^XIAOBLE$/, linux: /^LINUX/ };
/** Files to flash, by family. */
const FILES: Partial<Record<FamilyName, string>> = {
  esp32: `espruino_${ESPRUINO_BUILD}_esp32.tgz`, esp32c3: `espruino_${ESPRUINO_BUILD}_esp32c3.bin`, xiaoble: `espruino_${ESPRUINO_BUILD}_xiaoble.uf2`,
};
/** Hardware registers of true random numbers, as in firmware/platform/random.ts. */
const RANDOM: Partial<Record<FamilyName, string>> = { esp32: 'peek32(0x60035144)', esp32c3: 'peek32(0x600260B0)' };
/** The firmware's peak while it takes an update: README, "variables while updating". */
const LEAST_FREE_VARIABLES = 3900;
const BURST_BYTES = 200;
const BURST_TIMEOUT_MS = 3000;
const MODULES = ['Flash', 'Storage', 'crypto'];

export interface BoardFacts {
  /** Serial number of the chip, as Espruino tells it. */
  chip: string;
  /** Names of files in Storage. */
  files: string[];
}

/** Refuses with the first thing that is wrong, and what to do about it. `running`: it is a lock, whose firmware has taken its variables already. */
export async function checkBoard(board: Connection, family: ChipFamily, running = false): Promise<BoardFacts> {
  const refuse = (what: string): never => {
    throw new Refusal(`${board.name}: ${what}`);
  };
  const build = `flash ${FILES[family.name] ?? `Espruino for ${family.title}`} or a newer build`;

  // Short enough to arrive on a build that loses bytes.
  const name = String(await board.evaluate('process.env.BOARD'));
  if (familyOn(name) !== family.name) {
    refuse(`this is Espruino for the board ${name}, and the wiring is for ${family.title}; choose the wiring of the board that you have, or ${build}`);
  }
  if (!await burstArrives(board)) refuse(`this build loses bytes of longer messages, so that a lock could not be repaired by wire; ${build}`);

  const modules = String(await board.evaluate('process.env.MODULES')).split(',');
  const missing = MODULES.filter((each) => !modules.includes(each));
  if (missing.length) refuse(`this build is without ${missing.map((each) => `the module ${each}`).join(' and ')}, which the lock needs; ${build}`);
  if (!await board.evaluate('!!require("crypto").SHA256')) refuse(`this build has no SHA-256 of its own, which the lock needs; ${build}`);

  const storageBytes = Number(await board.evaluate('require("Storage").getStats().totalBytes'));
  const wantedBytes = family.geometry.pages * PAGE_BYTES;
  if (storageBytes !== wantedBytes) refuse(`its Storage has ${storageBytes / 1024} KB and the lock's layout ${wantedBytes / 1024} KB; ${build} with the partition table that belongs to it`);

  if (await board.evaluate('!!require("Storage").read(".varimg",0,1)')) {
    refuse('it runs from a state that somebody saved with save(), and what it answers cannot be trusted; erase its whole flash, flash Espruino again and run the command again');
  }
  const random = RANDOM[family.name] ?? 'E.hwRand()';
  const words = await board.evaluate(`[${random},${random},${random}]`) as number[];
  if (new Set(words).size < words.length) refuse(`its random numbers repeat (${random} gave ${words.join(', ')}), so that challenges could be foreseen; ${build}`);

  const free = Number(await board.evaluate('process.memory().free'));
  if (!running && !(free >= LEAST_FREE_VARIABLES)) refuse(`it has ${free} free variables and the lock needs ${LEAST_FREE_VARIABLES}; erase its whole flash and ${build}`);
  const files = await board.evaluate('require("Storage").list().slice(0,8)') as string[];
  return { chip: String(await board.evaluate('getSerial()')), files };
}

/** The family that a build is of, by its `process.env.BOARD`; undefined where no lock runs on it. */
export function familyOn(board: string): FamilyName | undefined {
  return (Object.keys(BOARDS) as FamilyName[]).find((each) => BOARDS[each]!.test(board));
}

/** Refuses where Espruino answers and no lock is in its flash. */
export async function requireLock(board: Connection, via: string): Promise<void> {
  if (await board.evaluate('!!require("Storage").read("deadlatch",0,1)')) return;
  throw new Refusal(`${via}: Espruino answers there, and no lock; "deadlatch provision --via ${via}" makes one of the board`);
}

/** A message of 200 bytes at once: builds before August 2026 lose what is behind the first 64 on a UART. */
async function burstArrives(board: Connection): Promise<boolean> {
  const burst = Array.from({ length: BURST_BYTES }, (_, at) => String.fromCharCode(0x30 + (at * 7) % 43)).join('').replaceAll('\\', '/');
  try {
    return await board.evaluate(`(function(s){var h=0;for(var i in s)h=(h*31+s.charCodeAt(i))%65521;return h})("${burst}")`, BURST_TIMEOUT_MS) === sumOf(burst);
  } catch (error) {
    // What lost bytes is no program any more, or its line never ends.
    if (error instanceof BoardThrew || error instanceof NoAnswer) return false;
    throw error;
  }
}

function sumOf(text: string): number {
  let sum = 0;
  for (const character of text) sum = (sum * 31 + character.charCodeAt(0)) % 65521;
  return sum;
}
