/** The picture of a board's wiring as SVG: text stays text, nothing is loaded from anywhere. */
import type { Net } from '../boards/carriers.js';
import { BOX_WIDTH, layOut, NOTE_HEIGHT, rowY, TITLE_HEIGHT, type Box, type BoardLayout, type PadPlace } from './board-layout.js';
import { wiresOf, type Element, type End, type Plan, type Row } from './board-plan.js';
import type { Route } from './board-routes.js';
import { circle, line, pill, rect, text } from './board-svg.js';

/** Fill and text of a point that is joined everywhere. */
const NETS: Record<Net, readonly [string, string]> = {
  GND: ['#2b2b2b', '#ffffff'], '3V3': ['#ffd9d6', '#7d0f08'], '5V': ['#ffe3bd', '#6b3b00'], 'PACK+': ['#fff0a8', '#5c4600'],
};
const NET_WORDS: Record<Net, string> = {
  GND: 'minus of everything', '3V3': '3.3 V', '5V': 'plus of the 5 V supply', 'PACK+': 'plus of the cells',
};
const INK = '#1a1a1a';
const TAG = 46;
const CELL = 62;

/** The whole file. */
export function picture(plan: Plan): string {
  const layout = layOut(plan);
  const nets = netsOf(plan);
  const height = Math.ceil(layout.height + 26 + nets.length * 24);
  const title = `Wiring: ${plan.wiring.name}`;
  const body = [
    rect(0, 0, layout.width, height, '#ffffff', 'none', 0),
    text(layout.width / 2, 26, title, 17, { weight: 'bold', anchor: 'middle' }),
    ...layout.routes.map(wireLine),
    ...layout.boxes.map((box) => boxOf(box, layout)),
    boardOf(plan, layout),
    ...legend(nets, layout.height + 18),
  ];
  const wires = wiresOf(plan).map((wire) => `${wire.pad.printed} (pin ${wire.pad.pin === undefined ? 'none' : `D${wire.pad.pin}`}) to ${wire.to}`);
  const described = `${plan.carrier.title}. ${wires.length ? `${wires.join('; ')}.` : 'Nothing is connected.'} The same stands in the table of the page.`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${layout.width} ${height}" width="${layout.width}" height="${height}" role="img" `
    + `aria-labelledby="title desc" font-family="Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif">\n`
    + `<title id="title">${escapeText(title)}</title>\n<desc id="desc">${escapeText(described)}</desc>\n${body.join('\n')}\n</svg>\n`;
}

function escapeText(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function netsOf(plan: Plan): Net[] {
  const used = new Set<Net>();
  const note = (end: End): unknown => 'net' in end && used.add(end.net);
  for (const row of plan.parts.flatMap((part) => part.rows)) {
    note(row.to);
    if ('end' in row.from) note(row.from.end);
  }
  return (Object.keys(NETS) as Net[]).filter((net) => used.has(net));
}

function wireLine(route: Route): string {
  const points = route.points.map(({ x, y }) => `${round(x)},${round(y)}`).join(' ');
  // The white edge keeps crossing wires apart.
  return `<polyline points="${points}" fill="none" stroke="#ffffff" stroke-width="5"/><polyline points="${points}" fill="none" stroke="${route.colour}" stroke-width="2.4"/>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

function boardOf(plan: Plan, { board, pads }: BoardLayout): string {
  const middle = board.x + board.width / 2;
  const { carrier } = plan;
  return [
    rect(board.x, board.y, board.width, board.height, '#eef4ee', '#4d6b4d', 6),
    text(middle, board.y + 18, carrier.title, 13, { weight: 'bold', anchor: 'middle' }),
    carrier.upper && text(middle, board.y + 34, `(${carrier.upper} at this end)`, 11, { anchor: 'middle' }),
    carrier.lower && text(middle, board.y + board.height - 8, `(${carrier.lower} at this end)`, 11, { anchor: 'middle' }),
    ...pads.map((place) => padOf(place, middle)),
  ].join('\n');
}

function padOf(place: PadPlace, middle: number): string {
  const { pad, x, y, at, wire } = place;
  const colour = pad.net ? NETS[pad.net][0] : wire ? INK : '#ffffff';
  const quiet = !wire && !pad.net;
  const dot = rect(x - 5, y - 5, 10, 10, colour, '#4d4d4d', 1);
  const name = pad.number === undefined ? pad.printed : at === 'right' ? `${pad.printed} ${pad.number}` : `${pad.number} ${pad.printed}`;
  const style = { weight: quiet ? 'normal' : 'bold', fill: quiet ? '#6b6b6b' : INK } as const;
  if (at === 'bottom') {
    const words = quiet ? `${pad.number}` : `${pad.number} ${pad.printed}`;
    return dot + `<g transform="translate(${round(x + 4)} ${round(y - 9)}) rotate(-90)">${text(0, 0, words, 11.5, style)}</g>`;
  }
  const inner = at === 'left' ? x + 10 : x - 10;
  const anchor = at === 'left' ? 'start' : 'end';
  const near = at === 'left' ? middle - 6 : middle + 6;
  const use = wire ? text(near, y + 4, wire.short, 12, { anchor: at === 'left' ? 'end' : 'start' }) : '';
  return dot + text(inner, y + 4.5, name, 12.5, { ...style, anchor }) + use;
}

function boxOf(box: Box, layout: BoardLayout): string {
  const { part } = box;
  const parts = [
    rect(box.x, box.y, box.width, box.height, '#fbfbfb', '#6b6b6b', 6),
    text(box.x + box.width / 2, box.y + 17, part.title, 13, { weight: 'bold', anchor: 'middle' }),
    ...part.notes.map((note, index) => text(box.x + box.width / 2, box.y + TITLE_HEIGHT + NOTE_HEIGHT * index + 11, note, 12, { anchor: 'middle' })),
  ];
  part.rows.forEach((row, index) => parts.push(rowOf(box, row, index, layout)));
  return parts.join('\n');
}

/** `at(u)`: the place `u` pixels into the box, seen from the edge where wires arrive. */
function rowOf(box: Box, row: Row, index: number, layout: BoardLayout): string {
  const mirrored = box.side === 'left';
  const at = (u: number): number => (mirrored ? box.x + box.width - u : box.x + u);
  const y = rowY(box, index);
  const out: string[] = [];
  let u = 8;
  if ('wire' in row.from) {
    const { wire } = row.from;
    const colour = layout.routes.find((route) => route.wire === wire)!.colour;
    out.push(line(at(0), y, at(TAG + 10), y, colour, 2.4), circle(at(0), y, 3.5, colour, colour));
    out.push(pill(at(6 + TAG / 2 - 2), y, wire.pad.printed, '#ffffff', colour, INK, TAG - 6));
    u = TAG + 10;
    if (isNode(box, index)) out.push(circle(at(u), y, 3, INK, INK));
  } else if ('branch' in row.from) {
    u = TAG + 10;
    out.push(line(at(u), rowY(box, index - 1), at(u), y, INK, 1.6));
    if (isNode(box, index)) out.push(circle(at(u), y, 3, INK, INK));
  } else {
    const width = endWidth(row.from.end);
    out.push(endOf(row.from.end, at(u + width / 2), y, width));
    u += width;
  }
  for (const element of row.elements) {
    out.push(elementOf(element, at, u, y));
    u += CELL;
  }
  const width = endWidth(row.to);
  out.push(line(at(u), y, at(u + 10), y, INK, 1.6), endOf(row.to, at(u + 10 + width / 2), y, width));
  if (u + 10 + width > BOX_WIDTH - 2) throw new Error(`A row of "${box.part.title}" does not fit into its box: ${u + 10 + width} of ${BOX_WIDTH}.`);
  return out.join('');
}

/** Whether the row below branches off here. */
function isNode(box: Box, index: number): boolean {
  const next = box.part.rows[index + 1];
  return !!next && 'branch' in next.from;
}

function nameOf(end: End): string {
  return 'net' in end ? end.net : 'point' in end ? end.point : end.terminal;
}

function endWidth(end: End): number {
  return Math.max(38, Math.ceil(nameOf(end).length * 7.4) + 10);
}

function endOf(end: End, x: number, y: number, width: number): string {
  if ('net' in end) return pill(x, y, end.net, NETS[end.net][0], '#4d4d4d', NETS[end.net][1], width);
  if ('point' in end) return pill(x, y, end.point, '#ece0f6', '#5b2a86', INK, width);
  return rect(x - width / 2, y - 10, width, 20, '#e3e8ee', '#4d4d4d', 2) + text(x, y + 4.2, end.terminal, 12, { anchor: 'middle' });
}

function elementOf(element: Element, at: (u: number) => number, u: number, y: number): string {
  const middle = at(u + CELL / 2);
  const mirrored = at(1) < at(0);
  const words = mirrored ? turned(element) : element.text;
  const name = (dy: number): string => text(middle, y + dy, words, element.kind === 'resistor' || element.kind === 'transistor' ? 11.5 : 12, { anchor: 'middle' });
  const through = (gap: number): string => line(at(u), y, at(u + CELL / 2 - gap), y, INK, 1.6) + line(at(u + CELL / 2 + gap), y, at(u + CELL), y, INK, 1.6);
  if (element.kind === 'resistor' || element.kind === 'block' || element.kind === 'transistor' || element.kind === 'cells') {
    const fill = element.kind === 'resistor' ? '#f6ead2' : element.kind === 'cells' ? '#fff0a8' : '#dfe9f7';
    return through(26) + rect(middle - 26, y - 9, 52, 18, fill, '#4d4d4d', 2) + name(4);
  }
  if (element.kind === 'capacitor') return through(3) + line(middle - 3, y - 8, middle - 3, y + 8, INK, 2.4) + line(middle + 3, y - 8, middle + 3, y + 8, INK, 2.4) + name(-12);
  if (element.kind === 'switch') {
    return through(14) + circle(at(u + CELL / 2 - 14), y, 2.6, '#ffffff', INK) + circle(at(u + CELL / 2 + 14), y, 2.6, '#ffffff', INK)
      + line(at(u + CELL / 2 - 14), y, at(u + CELL / 2 + 11), y - 10, INK, 1.8) + text(middle, y + 15, element.text, 12, { anchor: 'middle' });
  }
  if (element.kind === 'led') {
    const [tail, tip] = [at(u + CELL / 2 - 8), at(u + CELL / 2 + 8)];
    return through(8) + `<polygon points="${round(tail)},${y - 8} ${round(tail)},${y + 8} ${round(tip)},${y}" fill="#e2574c" stroke="${INK}"/>`
      + line(tip, y - 8, tip, y + 8, INK, 2) + name(-10);
  }
  if (element.kind === 'piezo') return through(11) + circle(middle, y, 11, '#f2f2d0', INK) + circle(middle, y, 4, '#ffffff', INK) + text(middle, y - 13, element.text, 12, { anchor: 'middle' });
  return through(12) + circle(middle, y, 12, '#dfe9f7', INK) + text(middle, y + 4.5, 'M', 13, { anchor: 'middle', weight: 'bold' });
}

/** Seen from the other side: legs of a transistor change places, and so does the plus of a capacitor. */
function turned({ kind, text: words }: Element): string {
  if (kind === 'transistor') return words.split(' ').reverse().join(' ');
  return kind === 'capacitor' && words.startsWith('+ ') ? `${words.slice(2)} +` : words;
}

function legend(nets: readonly Net[], y: number): string[] {
  return nets.map((net, index) => pill(44, y + index * 24, net, NETS[net][0], '#4d4d4d', NETS[net][1], 58)
    + text(82, y + index * 24 + 4.5, `${NET_WORDS[net]}: join all points with this name`, 12.5, {}));
}
