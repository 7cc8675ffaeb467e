/** What happened at the door, in words, for who has to find out why. */
import { parseLogEntry } from '../../firmware/lock/access-log.js';
import * as happen from './device/events.js';
import type { Happening } from './device/events.js';
import * as seen from './device/seen.js';
import { KEYS } from './device/wired.js';
import { wakes } from './device/parts.js';

export function tellEvent({ kind, a, b, c }: Happening): string {
  switch (kind) {
    case happen.KEY: return `key ${KEYS.charAt(a)} for ${b} ms`;
    case happen.KEYS_TOGETHER: return `keys ${[...KEYS].filter((_, key) => a & 1 << key).join('')} together for ${b} ms`;
    case happen.IDLE: return `nothing for ${a} ms`;
    case happen.HAND: return `a hand turns the bolt to ${a / 1000}`;
    case happen.DOOR: return a ? 'the door closes' : 'the door opens';
    case happen.JAM: return `the bolt moves between ${b / 1000} and ${a / 1000}`;
    case happen.SENSORS: return `end stops: ${['work', 'both reached', 'both not'][a]}; door sensor: ${b ? 'off' : 'works'}`;
    case happen.POWER_CUT: return 'the power goes';
    case happen.CUT_LATER: return `the power will go in ${a} ms`;
    case happen.CUT_AT_WRITE: return `the power will go ${['before', 'inside', 'after'][b]} write ${a}`;
    case happen.POWER_BACK: return `the power comes back after ${a} ms (${wakes(b)})`;
    case happen.HANG: return a ? 'the interpreter will hang with current in the motor' : 'the interpreter hangs';
    case happen.WATCHDOG: return `the watchdog bites after ${a} ms`;
    case happen.CLOCK: return `the clock is set to ${new Date((a * 1000 + b) * 1000).toISOString()}`;
    case happen.BATTERY: return `the battery is at ${a / 1000} of full scale`;
    case happen.STORE: return a ? 'the store refuses writes' : 'the store works again';
    case happen.STUCK: return `key ${KEYS.charAt(a)} is stuck for ${b} ms`;
    case happen.RELEASE: return `the button inside, for ${a} ms`;
    case happen.PRIVACY: return `the privacy button, for ${a} ms`;
    case happen.CARD: return `card ${a}${b ? `, misread (${b})` : ''}`;
    case happen.HOURS: return `nobody for ${a} hours`;
    case happen.OFFICE: return `the owner changes user ${a}: ${b}, ${c}`;
    default: return `from afar: ${a === 1 ? 'lock' : 'unlock'}, user ${b}`;
  }
}

/** Undefined: not worth a line. */
export function tellSeen(what: number, a: number, b: number, bytes?: Uint8Array): string | undefined {
  switch (what) {
    case seen.MOTOR: return a ? `  motor ${a > 0 ? 'unlocks' : 'locks'}` : '  motor off';
    case seen.BEEPER: return a ? '  beep' : undefined;
    case seen.STORED: return `  record ${a}${b ? ' refused' : ''}${a >= 256 ? ` ${JSON.stringify(parseLogEntry(bytes!))}` : ''}`;
    case seen.TRY: return `  try mark ${a}${b ? ' refused' : ''}`;
    case seen.CUT: return '  no power';
    case seen.STARTED: return `  start ${a}`;
    case seen.WINDOW: return '  window opened';
    case seen.SAFE_MODE: return '  safe mode asked for';
    case seen.CHANGED: return `  status: lock ${a}, door ${b}`;
    case seen.WIPED: return a ? '  a reset could not be finished' : '  everything is forgotten';
    case seen.FAILED: return '  a turn failed';
    default: return undefined;
  }
}
