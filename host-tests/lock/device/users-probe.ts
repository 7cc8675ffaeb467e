/** Tells the story on Espruino, and how long the parts take of which a person waits. */
import { admit } from '../../../firmware/lock/access.js';
import { holderOf } from '../../../firmware/lock/codes.js';
import { SOURCE_KEYPAD } from '../../../firmware/lock/states.js';
import { freeUser, markUsers, userOf } from '../../../firmware/lock/users.js';
import { enrol, tell, USERS, valueOf } from './users-story.js';

declare function print(line: string): void;
declare function getTime(): number;
declare const E: { toString(empty: string, bytes: Uint8Array): string };
declare const process: { memory(): { usage: number } };

const platform = { toWire: (bytes: Uint8Array) => E.toString('', bytes), nowMs: () => 5000 };
const story = enrol(platform);
const parts = story.parts;

function fastest(what: string, run: () => void): void {
  let best = 1e9;
  for (let i = 0; i < 9; i++) {
    process.memory();
    const from = getTime();
    run();
    const ms = (getTime() - from) * 1000;
    if (ms < best) best = ms;
  }
  print('MS ' + what + ' ' + best);
}

const last = valueOf(USERS);
fastest('holderOf', () => { holderOf(platform, parts.records, story.recovery, last); });
fastest('admit', () => { admit(parts, holderOf(platform, parts.records, story.recovery, last), 1, SOURCE_KEYPAD); });
fastest('disposable', () => { admit(parts, holderOf(platform, parts.records, story.recovery, valueOf(30)), 1, SOURCE_KEYPAD); });
fastest('userOf', () => { userOf(platform, parts.records, USERS); });
fastest('markUsers', () => { markUsers(parts.records, 0, new Uint8Array(251)); });
const users = new Uint8Array(251);
fastest('freeUser', () => { freeUser(users); });
const again = enrol(platform);
tell(again, (line) => print('TELL ' + line));
