/** Where everything of a board's picture lies: the board in the middle, parts beside it, those without a wire to a pad below it. */
import type { Pad } from '../boards/carriers.js';
import { wiresOf, wiresOfPart, type Part, type Plan, type Wire } from './board-plan.js';
import { routeWires, type Route } from './board-routes.js';

export const WIDTH = 960;
export const BOX_WIDTH = 240;
const MARGIN = 8;
const TOP = 44;
export const TITLE_HEIGHT = 24;
export const NOTE_HEIGHT = 16;
export const ROW_HEIGHT = 34;
const BOX_GAP = 14;
const PAD_PITCH = 22;
const BOARD_LEFT = 340;
const BOARD_RIGHT = 620;
/** From the board's end to its first pad: room for its name. */
const BOARD_EDGE = 52;
/** A wire that arrives is never level with a pad that another one leaves. */
const APART = 6;
const TRACK = 8;

export type Side = 'left' | 'right';

export interface Box {
  part: Part;
  x: number;
  y: number;
  width: number;
  height: number;
  /** The side of the board it lies on; undefined: below. */
  side?: Side;
}

export interface PadPlace {
  pad: Pad;
  x: number;
  y: number;
  at: Side | 'bottom';
  wire?: Wire;
}

export interface BoardLayout {
  width: number;
  height: number;
  board: { x: number; y: number; width: number; height: number };
  pads: readonly PadPlace[];
  boxes: readonly Box[];
  routes: readonly Route[];
}

export function rowY(box: Box, row: number): number {
  return box.y + TITLE_HEIGHT + box.part.notes.length * NOTE_HEIGHT + ROW_HEIGHT * row + ROW_HEIGHT / 2 + 8;
}

export function layOut(plan: Plan): BoardLayout {
  const wires = wiresOf(plan);
  const wireOf = (pad: Pad): Wire | undefined => wires.find((wire) => wire.pad === pad);
  const { carrier } = plan;
  const longest = Math.max(carrier.left.length, carrier.right.length);
  const board = {
    x: BOARD_LEFT, y: TOP, width: BOARD_RIGHT - BOARD_LEFT,
    height: BOARD_EDGE + (longest - 1) * PAD_PITCH + (carrier.bottom.length ? 74 : 34),
  };
  const column = (pads: readonly Pad[], at: Side): PadPlace[] => pads.map((pad, index) => ({
    pad, at, x: at === 'left' ? BOARD_LEFT : BOARD_RIGHT, y: board.y + BOARD_EDGE + index * PAD_PITCH, wire: wireOf(pad),
  }));
  const bottom: PadPlace[] = carrier.bottom.map((pad, index) => ({
    pad, at: 'bottom', x: BOARD_LEFT + 16 + index * (board.width - 32) / (carrier.bottom.length - 1), y: board.y + board.height, wire: wireOf(pad),
  }));
  const pads = [...column(carrier.left, 'left'), ...column(carrier.right, 'right'), ...bottom];

  const below = plan.parts.filter((part) => !wiresOfPart(part).length);
  const beside = plan.parts.filter((part) => wiresOfPart(part).length);
  const boxes = (['left', 'right'] as const).flatMap((side) => stack(beside.filter((part) => sideOf(part, pads) === side), side, pads));
  const around = wires.filter((wire) => goesAround(wire, pads, boxes)).length;
  let y = board.y + board.height + 20 + around * TRACK + 10;
  for (const part of below) {
    boxes.push({ part, x: (WIDTH - BOX_WIDTH) / 2, y, width: BOX_WIDTH, height: heightOf(part) });
    y += heightOf(part) + BOX_GAP;
  }
  const height = Math.max(board.y + board.height + 20, ...boxes.map((box) => box.y + box.height)) + BOX_GAP;
  const channels = { left: [MARGIN + BOX_WIDTH, BOARD_LEFT], right: [BOARD_RIGHT, WIDTH - MARGIN - BOX_WIDTH] } as const;
  const routes = routeWires(ends(pads, boxes), channels, board.y + board.height + 20, TRACK);
  return { width: WIDTH, height, board, pads, boxes, routes };
}

function heightOf(part: Part): number {
  return TITLE_HEIGHT + part.notes.length * NOTE_HEIGHT + part.rows.length * ROW_HEIGHT + 14;
}

function placeOf(wire: Wire, pads: readonly PadPlace[]): PadPlace {
  return pads.find((place) => place.pad === wire.pad)!;
}

/** Where most of its pads are; a pad at the bottom counts by which half it is in. */
function sideOf(part: Part, pads: readonly PadPlace[]): Side {
  const lefts = wiresOfPart(part).map((wire) => placeOf(wire, pads)).filter((place) => place.x < (BOARD_LEFT + BOARD_RIGHT) / 2).length;
  return lefts * 2 > wiresOfPart(part).length ? 'left' : 'right';
}

function goesAround(wire: Wire, pads: readonly PadPlace[], boxes: readonly Box[]): boolean {
  const place = placeOf(wire, pads);
  return place.at !== boxes.find((box) => box.part.rows.some((row) => 'wire' in row.from && row.from.wire === wire))!.side;
}

/** One above the other, in the order of their pads, so that few wires cross; what also has pads elsewhere comes last. */
function stack(parts: readonly Part[], side: Side, pads: readonly PadPlace[]): Box[] {
  const rank = (part: Part): number => {
    const places = wiresOfPart(part).map((wire) => placeOf(wire, pads));
    const here = places.filter((place) => place.at === side);
    return (here.length ? here.reduce((sum, place) => sum + place.y, 0) / here.length : 0) + (here.length < places.length ? 10_000 : 0);
  };
  const taken = pads.filter((place) => place.at === side).map((place) => place.y);
  let y = TOP;
  return [...parts].sort((a, b) => rank(a) - rank(b)).map((part) => {
    const ordered = orderRows(part, side, pads);
    const box: Box = { part: ordered, x: side === 'left' ? MARGIN : WIDTH - MARGIN - BOX_WIDTH, y, width: BOX_WIDTH, height: heightOf(part), side };
    const clash = (): boolean => ordered.rows.some((row, index) => 'wire' in row.from && taken.some((pad) => Math.abs(pad - rowY(box, index)) < APART));
    for (let tries = 0; tries < PAD_PITCH && clash(); tries++) box.y++;
    y = box.y + box.height + BOX_GAP;
    return box;
  });
}

/** Rows with a wire and nothing else may change places: those of this side first, in the order of their pads, then those from around the board. */
function orderRows(part: Part, side: Side, pads: readonly PadPlace[]): Part {
  if (!part.rows.every((row) => 'wire' in row.from)) return part;
  const rank = (row: Part['rows'][number]): number => {
    const place = placeOf((row.from as { wire: Wire }).wire, pads);
    return place.at === side ? place.y : 10_000 - place.y;
  };
  return { ...part, rows: [...part.rows].sort((a, b) => rank(a) - rank(b)) };
}

function ends(pads: readonly PadPlace[], boxes: readonly Box[]): { wire: Wire; from: PadPlace; side: Side; x: number; y: number }[] {
  return boxes.flatMap((box) => box.part.rows.flatMap((row, index) => {
    if (!('wire' in row.from) || !box.side) return [];
    const { wire } = row.from;
    return [{ wire, from: placeOf(wire, pads), side: box.side, x: box.side === 'left' ? box.x + box.width : box.x, y: rowY(box, index) }];
  }));
}
