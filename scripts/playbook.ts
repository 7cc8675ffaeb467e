/**
 * Writes `docs/playbook.md`: what to do when something went wrong, made from the one error table, so that the lock, the documentation
 * and the command line say the same thing. `npx tsx scripts/playbook.ts` writes the file; a test fails when it is stale.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ERRORS, errorEntry, type ErrorEntry } from '../firmware/error-table.js';
import {
  ATTEMPTS_USED, BAD_IMAGE_DIGEST, BAD_SIGNATURE, BATTERY_LOADED_LOW, BATTERY_LOW, BATTERY_TIMED_OUT, BOLT_JAMMED, CODES_DISABLED, CODE_USED_UP,
  CRASH_LOOP, DEGRADED_CRASHED, FLASH_READ_BACK, HEALTH_KEYPAD, HEALTH_MOTOR, IDENTITY_LOST, IMAGE_THREW, NOTHING_TO_RUN, NO_CODES, NO_WINDOW,
  OUTSIDE_SCHEDULE, PAGES_FAILING, ROLLED_BACK_BEFORE, SAFE_MODE_REQUESTED, STARTS_WITHOUT_LAUNCH, TIME_UNKNOWN, TRIAL_RUNNING, UNKNOWN_KEY,
  UPLOAD_INCOMPLETE, VERSION_NOT_NEWER, WRONG_CODE, WRONG_FAMILY, formatCode, imageRc, managementRc, type ErrorCode,
} from '../firmware/errors.js';
import {
  ACCEPTED, AGAIN, AJAR, BATTERY_CRITICAL, CLOSED, DISABLED, errorPattern, FORCED, HOLD, JAMMED, KEY, LOW_BATTERY, MENU, NEW_CODE, READY, REFUSED,
  SAFE_MODE, VALUE, WAIT, WHICH, WINDOW,
} from '../firmware/lock/signals.js';

export const PLAYBOOK_PATH = fileURLToPath(new URL('../docs/playbook.md', import.meta.url));

/** Codes from `first` to `last` stand under one heading. `sent`: an SMP client is told these codes, so its numbers are given too. */
interface Section {
  title: string;
  first: ErrorCode;
  last: ErrorCode;
  sent: boolean;
}

const SECTIONS: readonly Section[] = [
  { title: 'Not now: authority and conditions', first: 0x11, last: 0x1f, sent: true },
  { title: 'Not this image', first: 0x21, last: 0x3f, sent: true },
  { title: 'Health checks and the start of the lock', first: 0x41, last: 0x50, sent: false },
  { title: 'At the door', first: 0x51, last: 0x5f, sent: false },
  { title: 'Messages', first: 0x61, last: 0x65, sent: true },
  { title: 'Settings, users and backup', first: 0x66, last: 0x6f, sent: false },
  { title: 'What the lock notices', first: 0x70, last: 0x7f, sent: false },
  { title: 'Flash and the content of images', first: 0x80, last: 0xff, sent: true },
];

/** What somebody sees before they know a code, and the codes that are usually behind it. */
const SYMPTOMS: readonly (readonly [string, readonly ErrorCode[]])[] = [
  ['The client says "access denied" (rc 11)', [NO_WINDOW, UNKNOWN_KEY, BAD_SIGNATURE]],
  ['The upload does not start, or stops half-way', [BATTERY_LOW, BATTERY_LOADED_LOW, BATTERY_TIMED_OUT, TRIAL_RUNNING, UPLOAD_INCOMPLETE]],
  ['The file is refused', [VERSION_NOT_NEWER, WRONG_FAMILY, BAD_SIGNATURE, BAD_IMAGE_DIGEST, ROLLED_BACK_BEFORE]],
  ['The old version is back after an update', [ATTEMPTS_USED, IMAGE_THREW, HEALTH_KEYPAD, HEALTH_MOTOR, BAD_IMAGE_DIGEST]],
  ['The lock restarts again and again', [ATTEMPTS_USED, CRASH_LOOP, DEGRADED_CRASHED, STARTS_WITHOUT_LAUNCH]],
  ['Keypad works, but nothing answers on the network', [CRASH_LOOP, BATTERY_LOW, SAFE_MODE_REQUESTED, NOTHING_TO_RUN, DEGRADED_CRASHED]],
  ['The keypad refuses a code', [WRONG_CODE, CODES_DISABLED, OUTSIDE_SCHEDULE, TIME_UNKNOWN, CODE_USED_UP, NO_CODES]],
  ['The motor runs but the bolt does not arrive', [BOLT_JAMMED, HEALTH_MOTOR]],
  ['Nothing reacts at all', [IDENTITY_LOST, BATTERY_LOW]],
  ['The same flash fault comes back', [FLASH_READ_BACK, PAGES_FAILING]],
];

const SIGNALS: readonly (readonly [string, string])[] = [
  [KEY, 'a key was heard'],
  [WAIT, 'busy, try again in a moment'],
  [READY, 'awake: keys count from now on'],
  [ACCEPTED, 'accepted'],
  [REFUSED, 'refused'],
  [DISABLED, 'codes are disabled for a while after too many wrong ones'],
  [MENU, 'the [menu](keypad.md) is open for 30 seconds: type your choice, then `#`'],
  [WHICH, 'in the menu: which one? Type its number, then `#`'],
  [VALUE, 'in the menu: what shall it be? Type its number, then `#`'],
  [NEW_CODE, 'type a new code, then `#`'],
  [AGAIN, 'type it again, then `#`'],
  [HOLD, 'in the menu: hold `#` for five seconds'],
  [CLOSED, 'the menu is closed'],
  [JAMMED, 'the bolt is jammed; the motor is off'],
  [LOW_BATTERY, 'the cells are getting low'],
  [BATTERY_CRITICAL, 'only a few more unlocks: fit fresh cells now'],
  [AJAR, 'every few seconds: the door stands open'],
  [FORCED, 'every few seconds: somebody is at the lock (forced open, front taken off, or playing with the keys)'],
  [WINDOW, 'on the light, every two seconds: the update window is open'],
  [SAFE_MODE, 'on the light, every two seconds: safe mode'],
];

const HEAD = `# Playbook

Made from \`firmware/error-table.ts\` by \`npx tsx scripts/playbook.ts\`; change it there, not here.

## First, whatever happened

1. **Can you get in?** Type a code and \`#\`. While the lock is starting, keys beep "wait"; half a minute is the longest it takes.
   A mechanical key and the handle inside always work; neither asks the firmware.
2. **Is it a power matter?** Take the cells out, wait 30 seconds so that every capacitor is empty, and fit four fresh ones of the same
   make. This is safe at every moment, also in the middle of an update: the lock starts the old version or the new one.
3. **Is it still the same?** Note the code, what you were doing, the version the lock runs (\`smpmgr\` or \`mcumgr\` list it), and the
   battery voltage. Then look the code up below.
4. **Nothing opens but the motor is fine?** The recovery code printed at provisioning opens the door and lets you set a new master code.

Safe mode is what remains when no image can be run, or when it is asked for: with the strap inside the door, or by holding \`*\` and \`#\`
together for 3 seconds within 10 seconds of power-on. Keypad, codes and motor work in it; so does an update by wire.

## How the lock says it

Where the lock shows a code at the door, light and beeper begin with *short long short* and then give its two digits with a pause between: in
each, a long one counts four and a short one counts one; two ticks are zero. So \`0xE4\` is *short long short, pause, long long long
short short, pause, long*. Letters count on from nine: A is ten, F is fifteen. The number of a user is beeped the same way, digit by digit, between
*short tick* and *short tick*. SMP clients that print the reason of a refusal show the code itself with a few words.

| Light and beeper | Meaning |
|---|---|
${SIGNALS.map(([pattern, meaning]) => `| ${patternWords(pattern)} | ${meaning} |\n`).join('')}
## Tools worth having

Four fresh alkaline AA cells, the mechanical key, the recovery code, a multimeter (volts while the motor turns), and for repairs at the
bench a 3.3 V USB serial adapter set to 115200 baud, 8 data bits, no parity, 1 stop bit, no flow control. Never change what is in flash
while the lock reports a fault; update it instead.

## When to stop and get help

Stop trying and call a locksmith or whoever built the lock when one of these holds: the same flash fault comes back after a restart
with fresh cells; an image arrives damaged three times though its file verifies on your computer; the motor stays stuck when the bolt
is free by hand; no code is taken and the recovery code is lost; the lock restarts during every try; nothing at all reacts with fresh cells.
Tell them the code, the running version, the serial number and the model. Do not tell anybody a code that opens the door.

`;

/** Zephyr's names for the return codes of SMP itself, in a few words of ours. */
const MANAGEMENT_WORDS: Record<number, string> = {
  1: 'unknown', 2: 'out of memory', 3: 'bad value', 5: 'no entry', 6: 'bad state', 7: 'too long', 8: 'not supported', 9: 'corrupt',
  10: 'busy', 11: 'access denied', 12: 'too old', 13: 'too new',
};

/** The whole file. */
export function playbook(): string {
  return HEAD + symptoms() + SECTIONS.map(section).join('');
}

/** The headings a code stands under; a test wants exactly one. */
export function sectionsOf(code: ErrorCode): string[] {
  return SECTIONS.filter(each => each.first <= code && code <= each.last).map(each => each.title);
}

function symptoms(): string {
  const rows = SYMPTOMS.map(([seen, codes]) => `| ${seen} | ${codes.map(link).join(', ')} |\n`);
  return '## What you see, and where to look\n\n| You see | Look at |\n|---|---|\n' + rows.join('') + '\n';
}

function link(code: ErrorCode): string {
  const entry = errorEntry(code);
  if (!entry) throw new Error(`The symptom table names ${formatCode(code)}, which has no entry in ERRORS of firmware/error-table.ts.`);
  return `[${formatCode(code)} ${entry.title}](#${entry.name})`;
}

function section(each: Section): string {
  const entries = ERRORS.filter(entry => each.first <= entry.code && entry.code <= each.last).sort((a, b) => a.code - b.code);
  return `## ${each.title}\n\n` + entries.map(entry => chapter(entry, each.sent)).join('');
}

function chapter(entry: ErrorEntry, sent: boolean): string {
  return `### <a id="${entry.name}"></a>${formatCode(entry.code)} ${entry.title}\n\n`
    + `${entry.door}\n\n**What to do:** ${entry.next}\n\n`
    + `Light and beeper: ${patternWords(errorPattern(entry.code))}.` + (sent ? ` ${clientsShow(entry.code)}` : '') + '\n\n';
}

/** A pattern of `signals.ts` in words: `long short, pause, long`. */
function patternWords(pattern: string): string {
  const words: Record<string, string> = { l: 'long', s: 'short', k: 'tick' };
  return pattern.replace('!', '').split('-').map(part => [...part].map(symbol => words[symbol] ?? '?').join(' ')).join(', pause, ');
}

function clientsShow(code: ErrorCode): string {
  const rc = managementRc(code);
  const image = imageRc(code);
  return `SMP clients show rc ${rc} (${MANAGEMENT_WORDS[rc] ?? '?'})` + (image ? `, or error ${image} of the image group.` : '.');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(PLAYBOOK_PATH, playbook());
  console.log(`Wrote ${PLAYBOOK_PATH}: ${ERRORS.length} codes.`);
}
