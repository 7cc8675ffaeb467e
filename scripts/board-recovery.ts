/** How a lock is brought into safe mode, by the timing and the light patterns of the firmware's own source. */
import { SAFE_MODE, WAIT, WINDOW } from '../firmware/lock/signals.js';
import { WINDOW_MS } from '../firmware/update/window.js';
import type { Plan } from './board-plan.js';

/** `CHORD_UNTIL_MS` and `CHORD_MS` of firmware/lock/door.ts and bootloader/rare.ts; a test compares. */
export const CHORD_WITHIN_S = 10;
export const CHORD_HELD_S = 3;

/** A pattern in words: `kk` is two ticks. */
export function lightWords(pattern: string): string {
  const names: Record<string, string> = { k: 'tick', s: 'short', l: 'long' };
  const numbers = ['no', 'one', 'two', 'three', 'four'];
  const runs = pattern.match(/(.)\1*/g) ?? [];
  return runs.map((run) => (run[0] === '-' ? 'a pause' : `${numbers[run.length]} ${names[run[0]!]}${run.length > 1 ? 's' : ''}`)).join(', ');
}

export function recoverySection(plan: Plan): string {
  const { wiring } = plan;
  const ways = [byKeys(plan), byStrap(plan)].filter(Boolean);
  const body = ways.length
    ? `Safe mode is a small firmware that no update can change: keypad, codes and motor work, and a repair by wire. It starts by itself when nothing else runs. To ask for it:\n\n${ways.join('')}\n${prompts(plan)}`
    : 'This wiring has neither keypad nor strap, so safe mode cannot be asked for. It starts by itself when no image can be run, and is reached by wire. '
      + `${wiring.led ? '' : 'There is no light either: nothing is shown.'}\n`;
  return `## Recovery\n\n${body}\n${lastResort(plan)}`;
}

function byKeys({ wiring: { keypad } }: Plan): string {
  if (keypad.type === 'none') return '';
  const start = 'Switch the power off, wait 30 seconds, switch it on.';
  if (keypad.type === 'wiegand') {
    return `* **With the keypad:** ${start} Within ${CHORD_WITHIN_S} seconds type \`*\` \`#\` \`*\` \`#\`, then touch nothing for ${CHORD_HELD_S} seconds. A key that is answered by ${lightWords(WAIT)} came too early and does not count. The bolt may move out at a \`#\`.\n`;
  }
  return `* **With the keypad:** ${start} Press \`*\` and \`#\` together, at once or within ${CHORD_WITHIN_S} seconds, and hold both for ${CHORD_HELD_S} seconds. `
    + 'Held from the beginning, the bootloader sees them before it starts anything; later, the firmware does and restarts.\n';
}

function byStrap({ wiring: { strap } }: Plan): string {
  if (!strap) return '';
  return '* **With the strap inside the door:** close it, then switch the power off and on. Safe mode starts, and the wire is open without a code for as long as the lock stays on. Open the strap and switch off and on to leave.\n';
}

function prompts({ wiring }: Plan): string {
  const quiet = wiring.led ? '' : 'This wiring has no light; ticks of the beeper are all there is.\n\n';
  const rows: [string, string][] = [
    [`${lightWords(WAIT)}, light and beeper`, wiring.keypad.type === 'matrix'
      ? 'wait: a key was heard while the lock is starting; with `*` and `#` held at power-on it says that they were seen'
      : 'wait: a key was heard while the lock is starting'],
    [`${lightWords(SAFE_MODE)} every two seconds, light only`, 'safe mode'],
    [`${lightWords(WINDOW)} every two seconds, light only`,
      `the update window is open, for ${WINDOW_MS / 60_000} minutes${wiring.strap ? '; in safe mode by the strap, all the time' : ''}`],
  ];
  return `${quiet}| you see | it means |\n|---|---|\n${rows.map(([seen, meaning]) => `| ${seen} | ${meaning} |\n`).join('')}\nAll other patterns, and error codes, are in the [playbook](../playbook.md).\n`;
}

function lastResort({ build, family }: Plan): string {
  if (family.name === 'xiaoble') return 'Last of all: two presses of the reset button bring the drive back, and everything begins anew, with all codes gone. The board must therefore be inside the door.\n';
  const how = build.serialAdapter ? 'the flash button held while reset is pressed' : 'the button BOOT held while EN is pressed';
  return `Last of all: ${how} makes the chip take new firmware, and everything begins anew, with all codes gone. The board must therefore be inside the door.\n`;
}
