/** Writes `docs/power.md`: what each reference wiring draws and how long cells last, calculated. `npm run power`; a test fails when it is stale. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { BUILDS, type Draw } from '../boards/builds.js';
import { REFERENCE } from '../boards/reference/index.js';
import { AWAKE_S } from '../firmware/lock/sleep.js';
import { CELLS_MAH, dividerDraw, lasting } from './board-power.js';
import { planOf } from './board-plan.js';

export const POWER_PATH = fileURLToPath(new URL('../docs/power.md', import.meta.url));

/** What is reckoned with. */
const OPENINGS_A_DAY = 10;
/** From the press to the ready beep at most, plus a code of six keys at one a second. */
const TYPING_S = 2.5 + 6;
/** A throw to open and one to lock. */
const THROWS = 2;
const THROW_S = 1;
const MOTOR_MA = 250;
const HOURS_A_DAY = 24;

const SOURCES = [
  'ESP32 awake and in deep sleep: Espressif, ESP32 Series Datasheet, tables "RF power-consumption" and "power consumption by power modes"',
  'CP2102N: Silicon Labs, CP2102N data sheet; AMS1117: Advanced Monolithic Systems data sheet; HT7833: Holtek HT78xx data sheet; MCP1702: Microchip DS22008',
  'DRV8212: Texas Instruments data sheet, autosleep current',
  'nRF52840: Nordic product specification, System ON with RAM kept and RTC, and Nordic\'s Online Power Profiler for advertising once a second; the sum is calculated',
  `motor ${MOTOR_MA} mA for ${THROW_S} s a throw, a pack of ${CELLS_MAH} mAh, ${OPENINGS_A_DAY} openings a day: assumptions`,
];

const sum = (draws: readonly Draw[]): number => draws.reduce((total, draw) => total + draw.mA, 0);
const amount = (mA: number): string => `${mA < 1 ? Number(mA.toPrecision(2)) : Math.round(mA)} mA`;

/** Milliampere-hours a day. `awakeS` of each opening at the running current, the rest at the resting one. */
export function dailyMah(runningMa: number, restingMa: number, awakeS: number): number {
  const awakeHours = OPENINGS_A_DAY * awakeS / 3600;
  return runningMa * awakeHours + restingMa * (HOURS_A_DAY - awakeHours) + OPENINGS_A_DAY * THROWS * MOTOR_MA * THROW_S / 3600;
}

export function powerPage(): string {
  const rows = BUILDS.map((build) => {
    const plan = planOf(build, REFERENCE[build.name]!);
    const divider = dividerDraw(plan);
    const runningMa = sum([...build.running, ...divider]);
    const restingMa = build.asleep ? sum([...build.asleep, ...divider]) : runningMa;
    const name = `[${build.name}](boards/${build.name}.md)`;
    if (plan.wiring.battery.chemistry === 'mains') return `| ${name} | ${amount(runningMa)} | never sleeps | supply |\n`;
    const days = CELLS_MAH / dailyMah(runningMa, restingMa, build.asleep ? TYPING_S + AWAKE_S : 0);
    return `| ${name} | ${amount(runningMa)} | ${amount(restingMa)} | ${lasting(CELLS_MAH / (days * HOURS_A_DAY))} |\n`;
  });
  return `# Power

**Everything here is calculated** from data sheets by \`npm run power\`; nothing was measured. What the figures are made of stands on the page of each board.

| wiring | awake | at rest | four AA cells last |
|---|---|---|---|
${rows.join('')}
Reckoned with: ${OPENINGS_A_DAY} openings a day, each awake for ${TYPING_S} s of waking and typing and ${AWAKE_S} s after it where the chip sleeps deeply, ${THROWS} throws each. A Wiegand keypad is not in it, and decides: see its board's page.

## Deep sleep

An ESP32 on cells sleeps ${AWAKE_S} seconds after the last key (\`awakeS\` in the wiring), once it has been healthy for a minute. Its wake key starts it again: light and beeper say "ready" (a tick and a short one) within 2.5 s of the press
on the virtual board, and keys count from then on. What was pressed before is no digit. Asleep it hears no radio: a phone finds it only while it is awake. A wake writes nothing to flash.

It stays awake while the update window is open, for two minutes after a client was heard, while an image is on trial, while the door waits (a menu, a relock, an open door to be reported, an event to be logged), and while codes are disabled, because that wait
would begin anew. On mains it never sleeps. A wake key that stays down wakes the lock again each time: it beeps "ready" every half minute until somebody sees to the key, and empties the cells in about a day.

A XIAO nRF52840 sleeps by itself between two turns and needs no wake key.

## Sources

${SOURCES.map((source) => `* ${source}`).join('\n')}
`;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const page = powerPage();
  writeFileSync(POWER_PATH, page);
  console.log(page);
}
