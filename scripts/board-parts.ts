/** The parts a wiring declares: keypad, sensors, light, beeper, strap, wake key. Each knows why its pins are safe. */
import type { InputWiring } from '../boards/wiring.js';
import type { Context, Element, End, Item, Part, Row, Wire } from './board-plan.js';
import { bootWords, inputWords, strappingWords } from './board-safety.js';

export const GND: End = { net: 'GND' };
export const V33: End = { net: '3V3' };

export const resistor = (text: string): Element => ({ kind: 'resistor', text });
export const resistors = (text: string, count = 1): Item => ({ count, part: `resistor ${text}` });
export const branch = (elements: readonly Element[], to: End): Row => ({ from: { branch: true }, elements, to });
export const free = (end: End, elements: readonly Element[], to: End): Row => ({ from: { end }, elements, to });
export const wired = (wire: Wire, elements: readonly Element[], to: End): Row => ({ from: { wire }, elements, to });

export function keypadParts({ wiring: { keypad }, family, pad }: Context): Part[] {
  if (keypad.type === 'matrix') {
    const columns = keypad.columns.map((pin, index) => {
      const keys = keypad.rows.map((_, row) => keypad.keys[row * keypad.columns.length + index]).join(' ');
      return wired({
        pad: pad(pin), signal: `keypad column ${index + 1}`, short: `column ${index + 1}`, to: `keypad line of the keys ${keys}`,
        level: 'input, chip\'s own pull-up; low while a key is down', why: bootWords(family, pin, 'key'),
      }, [], { terminal: `column: ${keys}` });
    });
    const rows = keypad.rows.map((pin, index) => {
      const keys = [...keypad.keys.slice(index * keypad.columns.length, (index + 1) * keypad.columns.length)].join(' ');
      return wired({
        pad: pad(pin), signal: `keypad row ${index + 1}`, short: `row ${index + 1}`, to: `keypad line of the keys ${keys}`,
        level: 'output, open drain: driven low in turn, else open', why: bootWords(family, pin, 'key'),
      }, [], { terminal: `row: ${keys}` });
    });
    const size = `${rows.length} x ${columns.length}`;
    return [{
      title: `Keypad, matrix ${size}`, notes: ['lines in any order: see the page'], rows: [...rows, ...columns],
      items: [{ count: 1, part: `matrix keypad ${size}: ${rows.length + columns.length} lines, no electronics in it` }],
    }];
  }
  if (keypad.type !== 'wiegand') return [];
  const lines = (['d0', 'd1'] as const).map((name, index) => wired({
    pad: pad(keypad[name]), signal: `keypad DATA${index}`, short: `DATA${index}`,
    to: `keypad, line DATA${index} (${index ? 'white' : 'green'} as a rule)`,
    level: `input, chip's own pull-up; a bit ${index} is a short low pulse`, why: bootWords(family, keypad[name], 'key'),
  }, [], { terminal: `DATA${index} (${index ? 'white' : 'green'})` }));
  return [{
    title: 'Keypad, Wiegand', notes: ['3.3 V on all its lines, see the page'],
    rows: [...lines, free({ terminal: '+ (red)' }, [], V33), free({ terminal: '- (black)' }, [], GND)],
    items: [{ count: 1, part: `Wiegand keypad that runs on 3.3 V, ${keypad.bits} bits a key` }],
  }];
}

interface ContactWords {
  title: string;
  signal: string;
  short: string;
  /** What it means while it is active. */
  yes: string;
  contact: keyof typeof CONTACTS;
}

/** A contact between a pin and the level it is not pulled to. */
function contact(context: Context, input: InputWiring, names: ContactWords): Part {
  const { family, pad } = context;
  const closedLevel = input.pull === 'down' ? 1 : input.pull === 'up' ? 0 : input.active;
  const open = closedLevel ? GND : V33;
  const outside = input.pull === undefined;
  const when = `closed: ${input.active === closedLevel ? '' : 'not '}${names.yes}`;
  const pull = outside ? `100 kΩ to ${closedLevel ? 'GND' : '3V3'}` : `chip's own pull-${input.pull}`;
  const wire: Wire = {
    pad: pad(input.pin), signal: names.signal, short: names.short, to: `${names.contact}, its other side to ${closedLevel ? '3V3' : 'GND'}`,
    level: `input, ${pull}; ${input.active ? 'high' : 'low'} means ${names.yes}`, why: inputWords(family, input.pin, outside),
  };
  const rows = [wired(wire, [{ kind: 'switch', text: names.contact }], closedLevel ? V33 : GND)];
  if (outside) rows.push(branch([resistor('100 kΩ')], open));
  return { title: names.title, notes: [when], rows, items: [{ count: 1, part: CONTACTS[names.contact] }, ...(outside ? [resistors('100 kΩ')] : [])] };
}

const CONTACTS = {
  microswitch: 'microswitch with a lever, for an end stop of the bolt',
  'reed contact': 'reed contact with its magnet, for the door',
  'button inside': 'push button inside the door',
  jumper: 'jumper or slide switch, to be fitted inside the door',
  'bell key': 'push button outside, which wakes the lock',
};

/** Everything that closes or opens one line, in the order of the pages. */
const INPUTS: { of: (wiring: Context['wiring']) => InputWiring | undefined; words: ContactWords }[] = [
  { of: ({ sensors }) => sensors?.locked,
    words: { title: 'End stop: bolt out', signal: 'end stop "locked"', short: 'bolt out', yes: 'the bolt is fully out', contact: 'microswitch' } },
  { of: ({ sensors }) => sensors?.unlocked,
    words: { title: 'End stop: bolt in', signal: 'end stop "unlocked"', short: 'bolt in', yes: 'the bolt is fully in', contact: 'microswitch' } },
  { of: ({ sensors }) => sensors?.door,
    words: { title: 'Door sensor', signal: 'door sensor', short: 'door', yes: 'the door is closed', contact: 'reed contact' } },
  { of: ({ sensors }) => sensors?.release,
    words: { title: 'Button inside: open', signal: 'release button', short: 'release', yes: 'open', contact: 'button inside' } },
  { of: ({ sensors }) => sensors?.privacy,
    words: { title: 'Button inside: privacy', signal: 'privacy button', short: 'privacy', yes: 'privacy on or off', contact: 'button inside' } },
  { of: ({ sensors }) => sensors?.front,
    words: { title: 'Outer part', signal: 'front contact', short: 'front', yes: 'the outer part has been taken off', contact: 'microswitch' } },
  { of: ({ strap }) => strap,
    words: { title: 'Recovery strap', signal: 'recovery strap', short: 'strap', yes: 'safe mode at start', contact: 'jumper' } },
  { of: ({ wakePin }) => wakePin, words: { title: 'Wake key', signal: 'wake key', short: 'wake', yes: 'wake up', contact: 'bell key' } },
];

export function sensorParts(context: Context): Part[] {
  return INPUTS.flatMap(({ of, words }) => {
    const input = of(context.wiring);
    return input ? [contact(context, input, words)] : [];
  });
}

/** 3.3 V less some 2 V of a red LED leave about 4 mA. */
const LED_RESISTOR = '330 Ω';

export function signalParts({ wiring: { led, beeper }, family, pad }: Context): Part[] {
  const parts: Part[] = [];
  if (led) {
    const wire: Wire = {
      pad: pad(led.pin), signal: 'light', short: 'light', to: `LED with 330 Ω, towards ${led.active ? 'GND' : '3V3'}`,
      level: `output; ${led.active ? 'high' : 'low'} lights it`, why: strappingWords(family, led.pin) ?? bootWords(family, led.pin, 'light'),
    };
    parts.push({
      title: 'Light', notes: ['long leg of the LED: ' + (led.active ? 'to the resistor' : 'to 3V3')],
      rows: [wired(wire, [resistor(LED_RESISTOR), { kind: 'led', text: 'red LED' }], led.active ? GND : V33)],
      items: [{ count: 1, part: 'LED, red' }, resistors(LED_RESISTOR)],
    });
  }
  if (beeper) {
    const passive = beeper.hz > 0;
    const wire: Wire = {
      pad: pad(beeper.pin), signal: 'beeper', short: 'beeper', to: `${passive ? 'passive piezo beeper' : 'active piezo beeper'}, its other side to GND`,
      level: passive ? `output; a tone of ${beeper.hz} Hz` : 'output; high sounds it', why: bootWords(family, beeper.pin, 'light'),
    };
    parts.push({
      title: 'Beeper', notes: [passive ? 'a piezo disc has no + and -' : 'its + to the pin'],
      rows: [wired(wire, [{ kind: 'piezo', text: 'piezo' }], GND)],
      items: [{ count: 1, part: passive ? 'passive piezo beeper (a magnetic one draws more than a pin gives)' : 'active piezo beeper for 3 V, below 5 mA' }],
    });
  }
  return parts;
}
