/** Faults planted in the real sources: a walk that misses one of them is worth nothing. */
import { runInThisContext } from 'node:vm';
import { bundleDevice } from '../../scripts/bundle-device.js';
import type { Mutation } from '../../scripts/plant.js';
import type { openWalk } from './device/walk.js';
import type { Violation } from './invariants.js';
import { walkDoor } from './walker.js';

export interface Fault {
  name: string;
  mutations: Mutation[];
}

const LOCK = 'firmware/lock/';

function fault(name: string, file: string, find: string, replace: string): Fault {
  return { name, mutations: [{ file: LOCK + file, find, replace }] };
}

export const FAULTS: readonly Fault[] = [
  fault('wrong codes are not counted in flash', 'codes.ts', '      write(TRY, count++);', '      count++;'),
  fault('tries are forgotten at a start', 'codes.ts', 'count = value === RIGHT ? 0 : value !== NO_TRY ? count + 1 : count ? count - 1 : 0;', 'count = value === NO_TRY ? count : 0;'),
  fault('a lock-out ends with a restart', 'door.ts', 'disabledUntilMs: platform.nowMs() + tries.delayMs()', 'disabledUntilMs: 0'),
  fault('codes are compared while they are disabled', 'typing.ts', 'const disabled = !menu && nowMs < d.disabledUntilMs;', 'const disabled = nowMs < 0;'),
  fault('the motor is driven without a timer', 'bolt.ts', 'pins.pulse(ms > 0 ? motor.in1 : motor.in2, 1, Math.abs(ms));', 'pins.write(ms > 0 ? motor.in1 : motor.in2, 1);'),
  fault('a throw is never given up', 'throw.ts', '      if (bolt.retries === RETRIES) return enter(bolt, REST, BOLT_JAMMED);\n', ''),
  fault('flash is written while the motor has current', 'typing.ts', '  d.bolt.off();\n  if (menu) useMenu(d, menu, () => menu.code(value));', '  if (menu) useMenu(d, menu, () => menu.code(value));'),
  fault('a removed code still opens', 'codes-table.ts', 'return eachEntry(platform, records, CODES, USER_AT, byteText(user), removeEntry);', 'return eachEntry(platform, records, CODES, USER_AT, byteText(user + 1), removeEntry);'),
  fault('digits are kept when nobody goes on typing', 'entry.ts', 'if (entry.count && nowMs - entry.lastMs >= ENTRY_TIMEOUT_MS) {', 'if (entry.count && nowMs < 0) {'),
  fault('the bolt is put back at a start', 'door.ts', '  run();\n  return {', '  d.bolt.move(1);\n  run();\n  return {'),
  fault('the message stays in memory after it was hashed', 'codes.ts', '  message.fill(0);\n', ''),
  fault('the log begins anew after a restart', 'access-log.ts', 'known < 0 ? newestSequence(records) : known;', 'known < 0 ? 0 : known;'),
  {
    name: 'a code is compared before its try is marked',
    mutations: [
      { file: `${LOCK}typing.ts`, find: '  if (!d.menu) d.tries.mark();\n', replace: '' },
      { file: `${LOCK}typing.ts`, find: '  const user = holder.user;\n', replace: '  const user = holder.user;\n  d.tries.mark();\n' },
    ],
  },
  fault('a quiet lock looks at its keys too seldom', 'door.ts', 'const IDLE_TURN_MS = 50;', 'const IDLE_TURN_MS = 150;'),
  fault('a user without access gets in', 'access.ts', 'type === NON_ACCESS_USER || type > REMOTE_ONLY_USER', 'type > REMOTE_ONLY_USER'),
  fault('what a throw was for is not logged', 'throwing.ts', '  keep(d, happened);\n  if (fault)', '  if (fault) keep(d, happened);\n  if (fault)'),
  fault('the bolt goes out into an open door', 'throwing.ts', 'if (doorState !== DOOR_CLOSED && doorState !== DOOR_UNKNOWN) {', 'if (doorState < 0) {'),
  fault('the button inside works in privacy only', 'noticing.ts', 'if (pressed & RELEASE) {', 'if (pressed & RELEASE && settings[OPERATING_MODE] === MODE_PRIVACY) {'),
  fault('a code opens although flash refused to mark it as used up', 'access.ts', '    return code || failed;', '    return code;'),
  {
    name: 'a one-time code is marked as used up when the bolt has moved',
    mutations: [
      { file: `${LOCK}access.ts`, find: '!code && holder.type === DISPOSABLE_USER) {', replace: 'code === 255) {' },
      { file: `${LOCK}throwing.ts`, find: "import { BATTERY_CRITICAL as LAST_UNLOCKS, batteryLevel, refuseThrow } from './battery-level.js';", replace: "import { markUsedUp } from './access.js';\nimport { BATTERY_CRITICAL as LAST_UNLOCKS, batteryLevel, refuseThrow } from './battery-level.js';" },
      { file: `${LOCK}throwing.ts`, find: '  happened.code = fault;', replace: '  if (happened.what === 1 && happened.user) markUsedUp(d.parts, happened.user, 6);\n  happened.code = fault;' },
    ],
  },
  fault('a schedule does not count while the time is unknown', 'access.ts', 'if (IN_SAFE_MODE || !time) return TIME_UNKNOWN;', 'if (!time) return 0;'),
  fault('an expired code opens', 'access.ts', 'if (expiry && time >= expiry.until) return CODE_USED_UP;', ''),
  fault('a user who is shut out opens', 'access.ts', 'if (holder.status & DISABLED_USER || type', 'if (type'),
  fault('users open in privacy', 'access.ts', 'if (mode === MODE_PRIVACY || mode', 'if (mode'),
  fault('a remote opens in privacy', 'throwing.ts', 'mode !== MODE_PRIVACY && mode !== MODE_NO_REMOTE', 'mode !== MODE_NO_REMOTE'),
  fault('a removed user stays', 'menu.ts', ': removeCodes(platform, later, user);', ': 0;'),
  fault('the kind of another user changes', 'menu.ts', 'return now ? storeUser(platform, later, old,', 'old.user = user > 1 ? user - 1 : 2;\n      return now ? storeUser(platform, later, old,'),
  fault('a programming user changes the master code', 'menu.ts', 'else if (isMaster && !choice) {', 'else if (!choice) {'),
  fault('a hard reset needs a second', 'menu.ts', 'if (seconds >= HOLD_SECONDS) resetAll();', 'if (seconds >= 1) resetAll();'),
  fault('the button inside does nothing in privacy', 'noticing.ts', 'if (pressed & RELEASE) {', 'if (pressed & RELEASE && settings[OPERATING_MODE] !== MODE_PRIVACY) {'),
  fault('the week begins on another day', 'schedules.ts', 'DAY_MINUTES) + 4) % 7;', 'DAY_MINUTES) + 3) % 7;'),
  fault('schedules are in UTC', 'schedules.ts', 'return time && time + (wordSetting(settings, UTC_OFFSET) - DAY_MINUTES) * 60;', 'return time;'),
  fault('a clock set back revives what had expired', 'clock.ts', 'const code = isBack ? markExpired(parts, newest) : 0;', 'const code = 0;'),
  fault('the menu stays open', 'door.ts', 'if (nowMs >= d.menuUntilMs', 'if (nowMs < 0'),
  fault('the daily look marks nobody', 'clock.ts', 'return markExpired(parts, time) || keep(parts, time);', 'return keep(parts, time);'),
  fault('the daily look does not keep the time', 'clock.ts', 'return markExpired(parts, time) || keep(parts, time);', 'return markExpired(parts, time);'),
  fault('a card that is misread counts', 'wiegand.ts', "if (!(ones & 1)) return '';", ''),
  fault('a card opens while codes are disabled', 'typing.ts', '  else if (disabled) d.parts.signals.play(DISABLED);\n  else if (d.menu)', '  else if (d.menu)'),
  fault('a card is compared before its try is marked', 'typing.ts', '  if (!d.menu) d.tries.mark();', '  if (!d.menu && source !== SOURCE_RFID) d.tries.mark();'),
  fault('a long card is not read', 'wiegand.ts', 'const MOST_BITS = 40;', 'const MOST_BITS = 30;'),
  fault('the cells are not asked', 'battery-level.ts', 'if (battery.restMv() < 0) return 0;', 'if (battery) return 0;'),
];

/** Walks of this length, from seed 1 on, until one shows the fault. */
const SEEDS = 100;
const EVENTS = 4000;

/** What was wrong first; undefined where the fault was not noticed. */
export async function tryFault(name: string): Promise<Violation | undefined> {
  const planted = FAULTS.find((each) => each.name === name);
  if (!planted) throw new Error(`there is no fault "${name}"`);
  const open = await openWalkOf(planted.mutations);
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { violations } = walkDoor(seed, EVENTS, open);
    if (violations.length) return violations[0];
  }
  return undefined;
}

/** The walk as a bundle: the sources as a lock would run them, changed. */
export async function openWalkOf(mutations: Mutation[]): Promise<typeof openWalk> {
  const bundle = await bundleDevice('host-tests/door-walk/device/probe.ts', { parameter: 'probe', mutations });
  const probe: { openWalk?: typeof openWalk } = {};
  (runInThisContext(bundle) as (given: typeof probe) => void)(probe);
  return probe.openWalk!;
}
