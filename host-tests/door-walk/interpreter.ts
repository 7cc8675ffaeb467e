/** The same walk on a real Espruino: what is seen of the door, as a hash for every hundred events, or all of one hundred. */
import { bundleDevice } from '../../scripts/bundle-device.js';
import { runScript } from '../../virtual-board/interpreter/script.js';
import { natives } from './natives.js';
import { openWalk } from './device/walk.js';

export const HASH_EVERY = 100;
const ENTRY = 'host-tests/door-walk/device/probe.ts';

/** Hashes of the walk with that seed in Node. */
export function hashesHere(seed: number, events: number): number[] {
  const walk = openWalk(natives, seed, undefined, undefined);
  const hashes: number[] = [];
  for (let event = 1; event <= events; event++) {
    walk.decide();
    walk.perform();
    if (event % HASH_EVERY === 0) hashes.push(walk.takeHash());
  }
  return hashes;
}

/** Everything seen in the hundred events from `from` on, a line each. */
export function seenHere(seed: number, from: number): string[] {
  const lines: string[] = [];
  let telling = false;
  const walk = openWalk(natives, seed, undefined, (what, a, b) => {
    if (telling) lines.push([what, a, b, Math.floor(walk.world.time * 2) / 2].join(' '));
  });
  for (let event = 0; event < from + HASH_EVERY; event++) {
    telling = event >= from;
    walk.decide();
    walk.perform();
  }
  return lines;
}

export async function hashesThere(seed: number, events: number): Promise<number[]> {
  const output = await runThere(`
var walk = probe.openWalk(natives, ${seed}), i;
for (i = 1; i <= ${events}; i++) { walk.decide(); walk.perform(); if (i % ${HASH_EVERY} === 0) print("HASH " + walk.takeHash()); }
`);
  return linesAfter(output, 'HASH ').map(Number);
}

export async function seenThere(seed: number, from: number): Promise<string[]> {
  return linesAfter(await runThere(`
var telling = false, i, walk = probe.openWalk(natives, ${seed}, undefined, function (what, a, b) {
  if (telling) print("SEEN " + [what, a, b, Math.floor(walk.world.time * 2) / 2].join(" "));
});
for (i = 0; i < ${from + HASH_EVERY}; i++) { telling = i >= ${from}; walk.decide(); walk.perform(); }
`), 'SEEN ');
}

function linesAfter(output: string, start: string): string[] {
  return output.split(/\r?\n/).filter((line) => line.includes(start)).map((line) => line.slice(line.indexOf(start) + start.length));
}

async function runThere(body: string): Promise<string> {
  const bundle = await bundleDevice(ENTRY, { parameter: 'probe' });
  const output = await runScript(`
var probe = {}, crypto = require("crypto");
(${bundle})(probe);
var natives = {
  sha256: function (d) { return new Uint8Array(crypto.SHA256(d)); },
  toWire: function (b) { return E.toString("", b); }, toBytes: function (w) { return E.toUint8Array(w); }
};
${body}
print("END");
`, { timeoutMs: 590_000 });
  if (!output.includes('END')) throw new Error(`the walk on Espruino came to no end:\n${output.slice(-2000)}`);
  return output;
}

/** The first thing that is not the same, with what led to it; undefined where all is the same. */
export async function firstDifference(seed: number, events: number): Promise<string | undefined> {
  const [here, there] = [hashesHere(seed, events), await hashesThere(seed, events)];
  const at = here.findIndex((hash, index) => hash !== there[index]);
  if (at < 0) return there.length === here.length ? undefined : `Espruino walked ${there.length * HASH_EVERY} events of ${events}`;
  const [seen, other] = [seenHere(seed, at * HASH_EVERY), await seenThere(seed, at * HASH_EVERY)];
  const line = seen.findIndex((each, index) => each !== other[index]);
  const before = seen.slice(Math.max(0, line - 12), line).join('\n  ');
  return `seed ${seed}, events from ${at * HASH_EVERY}: after\n  ${before}\nhere ${seen[line]}, on Espruino ${other[line]}`;
}
