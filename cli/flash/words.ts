/** What a lock keeps of its life, in words. */
import { formatVersion } from '../../firmware/image/version.js';
import type { ResetCause } from '../../firmware/platform/types.js';
import { ABORTED, APPLIED, DEGRADED, FELL_BACK, REBUILT, ROLLED_BACK, SAFE_MODE, type Verdict } from '../../firmware/update/boot-state.js';
import { RAN_DEGRADED, RAN_SAFE_MODE, RAN_TRIAL, type BootLogEntry } from '../../firmware/update/boots.js';
import { reasonInWords } from '../smp/refusal-words.js';

export const slotName = (slot: number): 'A' | 'B' => (slot === 1 ? 'B' : 'A');

/** What woke the chip. */
export const CAUSES: Record<ResetCause, string> = {
  powerOn: 'Power is on.', pin: 'Reset button.', software: 'Restart.', watchdog: 'The watchdog restarted the chip: the firmware hung.',
  brownOut: 'The voltage fell too low and the chip reset itself.', deepSleep: 'Awake again.', unknown: 'Start.',
};

/** How far a start came that is over, or is the last one so far. */
export function startInWords(entry: BootLogEntry): string {
  const what = entry.ran < 0 ? 'It ended before anything was launched.' : launchInWords(entry, 'ran');
  const end = entry.planned ? ' Then it restarted as planned.' : entry.stage === 'healthy' ? ' It was healthy.' : '';
  return `${CAUSES[entry.cause]} ${what}${end}`;
}

/** What a start launched. */
export function launchInWords({ ran }: BootLogEntry, verb: 'ran' | 'runs'): string {
  if (ran & RAN_SAFE_MODE) return `Safe mode ${verb}.`;
  return `Slot ${slotName(ran & 1)} ${verb}${ran & RAN_TRIAL ? ', on trial' : ''}${ran & RAN_DEGRADED ? ', keypad only' : ''}.`;
}

/** What became of an image; undefined where it is nothing to tell of. */
export function verdictInWords(verdict: Verdict): string | undefined {
  const because = `because of ${reasonInWords(verdict.reason)}`;
  const version = formatVersion(verdict.version);
  switch (verdict.result) {
    case APPLIED: return `Version ${version} was confirmed, in slot ${slotName(verdict.slot)}.`;
    case ROLLED_BACK: return `ROLLED BACK: version ${version}, ${because}`;
    case FELL_BACK: return `Fell back to version ${version}, ${because}`;
    case DEGRADED: return `Keypad only, radios off, ${because}`;
    case SAFE_MODE: return `Safe mode, ${because}`;
    case ABORTED: return `Update given up, ${because}`;
    case REBUILT: return undefined;
    default: return `Verdict ${verdict.result}, ${because}`;
  }
}

const PRINTED: Record<string, string> = {
  'start OTA': 'Upload begins.',
  'OTA finished': 'Upload complete, and it is the file that was announced.',
  'OTA failed: digest': 'Upload complete, but it is not the file that was announced.',
  'OTA aborted: battery': 'Upload given up: the battery stayed low.',
  'offer accepted': 'Offer accepted: its signature is genuine.',
  'trial set': 'The new version is genuine. It is tried at the next restart.',
};
/** What hosts let the console print for themselves: an answer between two marks. */
const FOR_HOSTS = /^<(smp|\d+) .*>$/;

/** A line that the firmware prints; undefined where it is told from flash, where it counts, or meant for no person. */
export function printedInWords(line: string): string | undefined {
  if (line.startsWith('complete:') || FOR_HOSTS.test(line)) return undefined;
  return PRINTED[line] ?? `The lock says: ${line}`;
}
