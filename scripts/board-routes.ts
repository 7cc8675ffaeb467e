/**
 * Ways of wires between pads and parts: right angles only, each with a track of its own, so that no two ever lie on one another. Where they
 * must cross they do so at a right angle, and the order of the tracks is the one with the fewest crossings that a simple search finds.
 */
import type { PadPlace, Side } from './board-layout.js';
import type { Wire } from './board-plan.js';

export interface Point {
  x: number;
  y: number;
}

export interface Route {
  wire: Wire;
  colour: string;
  points: readonly Point[];
}

interface WireEnds {
  wire: Wire;
  from: PadPlace;
  /** Of the part. */
  side: Side;
  x: number;
  y: number;
}

/** Dark enough on white, and far enough from each other in the order in which they come. */
const COLOURS = ['#c0271c', '#1f5fb4', '#1b7d3c', '#a9600a', '#7a2f9e', '#0b7a86', '#d1177a', '#5a4031', '#5c7a00', '#2a2f8f', '#b34700', '#00664f', '#8a1538', '#444444'];

type Channels = Record<Side, readonly [number, number]>;

/** `under`: the first level below the board; `pitch`: between two tracks there. */
export function routeWires(ends: readonly WireEnds[], channels: Channels, under: number, pitch: number): Route[] {
  // Each wire takes a track beside its part; one that comes around the board takes another on the side of its pad.
  const lanes: Record<Side, { index: number; near: 'pad' | 'part' }[]> = { left: [], right: [] };
  const around: number[] = [];
  ends.forEach((end, index) => {
    lanes[end.side].push({ index, near: 'part' });
    if (end.from.at === end.side) return;
    around.push(index);
    if (end.from.at !== 'bottom') lanes[end.from.at].push({ index, near: 'pad' });
  });
  const order = { left: lanes.left.map((_, i) => i), right: lanes.right.map((_, i) => i), under: around.map((_, i) => i) };

  const paths = (): Point[][] => ends.map((end, index) => {
    const trackX = (side: Side, near: 'pad' | 'part'): number => {
      const lane = order[side].findIndex((each) => lanes[side][each]!.index === index && lanes[side][each]!.near === near);
      const [from, to] = channels[side];
      return from + (to - from) * (lane + 1) / (lanes[side].length + 1);
    };
    const { from } = end;
    const x = trackX(end.side, 'part');
    if (from.at === end.side) return [from, { x, y: from.y }, { x, y: end.y }, { x: end.x, y: end.y }].map(({ x, y }) => ({ x, y }));
    const level = under + pitch * order.under.findIndex((each) => around[each] === index);
    const last = [{ x, y: level }, { x, y: end.y }, { x: end.x, y: end.y }];
    if (from.at === 'bottom') return [{ x: from.x, y: from.y }, { x: from.x, y: level }, ...last];
    const padX = trackX(from.at, 'pad');
    return [{ x: from.x, y: from.y }, { x: padX, y: from.y }, { x: padX, y: level }, ...last];
  });

  for (const list of [order.left, order.right, order.under, order.left, order.right, order.under]) improve(list, () => crossings(paths()));
  const settled = paths();
  const colours = colour(settled);
  return settled.map((points, index) => ({ wire: ends[index]!.wire, points, colour: colours[index]! }));
}

/** Wires that cross never have the same colour; otherwise the one that was used least. */
function colour(paths: readonly (readonly Point[])[]): string[] {
  const chosen: string[] = [];
  paths.forEach((path, index) => {
    const crossed = chosen.filter((_, other) => crossings([path, paths[other]!]) > 0);
    const uses = (each: string): number => chosen.filter((other) => other === each).length + (crossed.includes(each) ? 1000 : 0);
    chosen[index] = COLOURS.reduce((best, each) => (uses(each) < uses(best) ? each : best));
  });
  return chosen;
}

/** Exchanges two tracks as long as that helps. */
function improve(list: number[], cost: () => number): void {
  let best = cost();
  for (let better = true; better;) {
    better = false;
    for (let a = 0; a < list.length; a++) {
      for (let b = a + 1; b < list.length; b++) {
        [list[a], list[b]] = [list[b]!, list[a]!];
        const now = cost();
        if (now < best) {
          best = now;
          better = true;
        } else [list[a], list[b]] = [list[b]!, list[a]!];
      }
    }
  }
}

export interface Segment {
  a: Point;
  b: Point;
}

export function segmentsOf(points: readonly Point[]): Segment[] {
  return points.slice(1).map((b, index) => ({ a: points[index]!, b })).filter(({ a, b }) => a.x !== b.x || a.y !== b.y);
}

/** How many times two wires meet. */
export function crossings(paths: readonly (readonly Point[])[]): number {
  const all = paths.map(segmentsOf);
  let count = 0;
  for (let i = 0; i < all.length; i++) {
    for (let j = i + 1; j < all.length; j++) {
      for (const one of all[i]!) for (const two of all[j]!) if (meet(one, two)) count++;
    }
  }
  return count;
}

const between = (v: number, a: number, b: number): boolean => v >= Math.min(a, b) && v <= Math.max(a, b);

function meet(one: Segment, two: Segment): boolean {
  const [h, v] = one.a.y === one.b.y ? [one, two] : [two, one];
  if (h.a.y !== h.b.y || v.a.x !== v.b.x) return false;
  return between(v.a.x, h.a.x, h.b.x) && between(h.a.y, v.a.y, v.b.y);
}
