/** Walks a door in Node under the oracle's eyes, and tells what went wrong. */
import { openWalk, type Walk } from './device/walk.js';
import * as seen from './device/seen.js';
import type { Invariant, Violation } from './invariants.js';
import { natives } from './natives.js';
import { openOracle } from './oracle.js';
import { tellEvent, tellSeen } from './story.js';

const STORY_LINES = 200;

export interface Walked {
  seed: number;
  events: number;
  violations: Violation[];
  /** Hours of the door's life, starts of the lock, throws. */
  hours: number;
  starts: number;
  opened: number;
  /** The last of what happened. */
  story: string[];
}

/** As far as the first violation. `open`: the walk of a bundle with a planted fault. */
export function walkDoor(seed: number, events: number, open: typeof openWalk = openWalk): Walked {
  const violations: Violation[] = [];
  let story: string[] = [];
  let event = 0;
  let opened = 0;
  const tell = (line: string): void => {
    story.push(`${(walk.world.time / 1000).toFixed(3).padStart(10)} ${line}`);
    if (story.length > 2 * STORY_LINES) story = story.slice(-STORY_LINES);
  };
  const violate = (invariant: Invariant, words: string): void => {
    violations.push({ seed, event, invariant, words, story: story.slice(-STORY_LINES) });
  };
  const oracle = openOracle(() => walk, violate);
  const walk: Walk = open(natives, seed, (what, a, b, bytes) => {
    const line = tellSeen(what, a, b, bytes);
    if (line) tell(line);
    if (what === seen.MOTOR && a > 0) opened++;
    oracle.see(what, a, b, bytes);
  }, undefined);
  for (event = 1; event <= events && !violations.length; event++) {
    walk.decide();
    tell(`${event}: ${tellEvent(walk.happening)}`);
    oracle.before();
    walk.perform();
    oracle.after();
  }
  return { seed, events: event - 1, violations, hours: walk.world.time / 3_600_000, starts: walk.world.starts, opened, story: story.slice(-STORY_LINES) };
}
