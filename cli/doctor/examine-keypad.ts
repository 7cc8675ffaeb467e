/** Looks at the keypad: first with nobody at it, then key by key. */
import type { MatrixWiring, WiegandWiring } from '../../boards/wiring.js';
import { diagnoseKeys, diagnoseLines, pairsIn, type Pair } from './matrix.js';
import { isWrong, note, type Finding } from './findings.js';
import { diagnoseIdle, diagnoseWiegand, WIEGAND_KEYS } from './wiegand.js';
import type { Visit } from './visit.js';

/** Somebody has to read, find the key and press it. */
const KEY_LIMIT_MS = 10_000;
const POLL_MS = 10;
/** What one look at the keypad takes besides, over 115200 baud. */
const LOOK_MS = 30;
const RELEASE_LIMIT_MS = 5000;
/** A key of a Wiegand keypad is over after this long; a card number takes less. */
const FRAME_MS = 300;
const NAMED_KEYS = /[0-9*#]/;

export async function examineKeypad(visit: Visit): Promise<Finding[]> {
  const { keypad } = visit.wiring;
  if (keypad.type === 'none') return [note('keypad', 'this wiring has none.')];
  await visit.ask('keypad', 'Take your hands off the keypad and press Enter here.');
  return keypad.type === 'matrix' ? examineMatrix(visit, keypad) : examineWiegand(visit, keypad);
}

async function examineMatrix(visit: Visit, keypad: MatrixWiring): Promise<Finding[]> {
  const idle = diagnoseLines(keypad, await visit.bench.lines(keypad));
  if (idle.some(isWrong)) return idle;
  visit.say('Now press each key when it is asked for. A key that does nothing is passed over after ten seconds.');
  const seen = await eachKey(visit, [...keypad.keys].filter((key) => NAMED_KEYS.test(key)), (key) => pressed(visit, keypad, key), (pairs) => pairs.length > 0);
  return diagnoseKeys(keypad, seen);
}

async function examineWiegand(visit: Visit, keypad: WiegandWiring): Promise<Finding[]> {
  const { bench } = visit;
  const idle = diagnoseIdle(keypad, await bench.listen(keypad));
  if (idle.some(isWrong)) return idle;
  visit.say('Now press each key when it is asked for. A key that does nothing is passed over after ten seconds.');
  const seen = await eachKey(visit, [...WIEGAND_KEYS], async (key) => {
    await bench.heard();
    visit.say(`Press ${key}`);
    for (let waitedMs = 0; waitedMs < KEY_LIMIT_MS; waitedMs += POLL_MS + LOOK_MS) {
      const first = await bench.heard();
      if (first) {
        await bench.wait(FRAME_MS);
        return first + await bench.heard();
      }
      await bench.wait(POLL_MS);
    }
    return '';
  }, (bits) => bits !== '');
  return diagnoseWiegand(keypad, seen);
}

/** Asks for every key, and once more for those that did not come; where none came, once is enough. */
async function eachKey<Reading>(visit: Visit, keys: readonly string[], press: (key: string) => Promise<Reading>,
  came: (reading: Reading) => boolean): Promise<Map<string, Reading>> {
  const seen = new Map<string, Reading>();
  for (const key of keys) {
    seen.set(key, await press(key));
    if (!came(seen.get(key)!)) visit.say(`  nothing came from ${key}`);
  }
  const missing = keys.filter((key) => !came(seen.get(key)!));
  if (missing.length === keys.length) return seen;
  if (missing.length) visit.say('Once more, those that did not come:');
  for (const key of missing) seen.set(key, await press(key));
  return seen;
}

/** What conducts while the key is down: the same twice in a row, a moment apart, because contacts bounce. Nothing where it does not come. */
async function pressed(visit: Visit, keypad: MatrixWiring, key: string): Promise<Pair[]> {
  const { bench } = visit;
  visit.say(`Press ${key}`);
  let before: number[] = [];
  for (let waitedMs = 0; waitedMs < KEY_LIMIT_MS; waitedMs += POLL_MS + LOOK_MS) {
    const joined = await bench.joined(keypad);
    const pairs = pairsIn(joined);
    if (pairs.length && joined.join() === before.join()) {
      await released(visit, keypad, key);
      return pairs;
    }
    before = joined;
    await bench.wait(POLL_MS);
  }
  return [];
}

async function released(visit: Visit, keypad: MatrixWiring, key: string): Promise<void> {
  for (let waitedMs = 0; pairsIn(await visit.bench.joined(keypad)).length > 0; waitedMs += POLL_MS + LOOK_MS) {
    if (waitedMs > RELEASE_LIMIT_MS) {
      visit.say(`  ${key} stays down: let it go`);
      waitedMs = 0;
    }
    await visit.bench.wait(POLL_MS);
  }
}
