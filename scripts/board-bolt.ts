/** What throws the bolt, and what switches its current: an H-bridge and its motor, a servo, a strike or a magnet. */
import type { MotorWiring, ServoWiring, StrikeWiring } from '../boards/wiring.js';
import { branch, free, GND, resistor, resistors, V33, wired } from './board-parts.js';
import type { Context, End, Part, Wire } from './board-plan.js';
import { bootWords } from './board-safety.js';

export function boltParts(context: Context): Part[] {
  const { bolt } = context.wiring;
  if (bolt.type === 'motor') return [motorPart(context, bolt)];
  if (bolt.type === 'servo') return [servoPart(context, bolt)];
  return bolt.type === 'strike' ? [strikePart(context, bolt)] : [];
}

/** A capacitor at the driver, where the motor's current comes from. */
const MOTOR_CAPACITOR = '470 µF';

function motorPart({ wiring: { battery }, family, pad }: Context, bolt: MotorWiring): Part {
  const supply: End = { net: battery.chemistry === 'mains' ? '5V' : 'PACK+' };
  const inputs = (['in1', 'in2'] as const).flatMap((name) => {
    const what = name === 'in1' ? 'unlock' : 'lock';
    const wire: Wire = {
      pad: pad(bolt[name]), signal: `motor ${name.toUpperCase()} (${what})`, short: what, to: `motor driver, ${name.toUpperCase()}`,
      level: `output; high ${what}s, low is no current; 10 kΩ to GND`, why: bootWords(family, bolt[name], 'motor'),
    };
    return [wired(wire, [], { terminal: name.toUpperCase() }), branch([resistor('10 kΩ')], GND)];
  });
  const range = battery.chemistry === 'mains' ? '5 V' : '4 V to 7 V';
  const sleep = battery.chemistry === 'mains' ? '' : ', that sleeps by itself while both inputs are low (for example a DRV8212 or DRV8213; a DRV8833 does not)';
  return {
    title: 'Motor driver (H-bridge)',
    notes: [],
    rows: [
      ...inputs, free({ terminal: 'VM' }, [], supply), free({ terminal: 'GND' }, [], GND),
      ...(battery.chemistry === 'mains' ? [free({ terminal: 'SLEEP (EEP)' }, [], V33)] : []),
      free(supply, [{ kind: 'capacitor', text: `+ ${MOTOR_CAPACITOR}` }], GND),
      free({ terminal: 'OUT1' }, [{ kind: 'motor', text: 'bolt motor' }], { terminal: 'OUT2' }),
    ],
    items: [
      { count: 1, part: `motor driver: H-bridge module with two inputs that are active high, no pull-ups on them, 3.3 V logic, motor supply ${range}${sleep}` },
      { count: 1, part: `bolt with a DC motor for ${range} that arrives within ${bolt.throwMs} ms` },
      resistors('10 kΩ', 2), { count: 1, part: `electrolytic capacitor ${MOTOR_CAPACITOR}, 16 V` },
    ],
  };
}


const FEED: End = { net: '5V' };

/** The resistor that holds an output at "no current" until the firmware runs. */
function held(active: 0 | 1): End {
  return active ? GND : V33;
}

function offWords(active: 0 | 1): string {
  return `10 kΩ to ${active ? 'GND' : '3V3'}`;
}

function servoPart({ wiring: { battery }, family, pad }: Context, { pin, enable, lockedUs, unlockedUs, throwMs }: ServoWiring): Part {
  if (battery.chemistry !== 'mains') throw new Error('A servo on cells is drawn nowhere yet: say what feeds it.');
  const signal: Wire = {
    pad: pad(pin), signal: 'servo signal', short: 'servo', to: 'servo, signal (orange, yellow or white)',
    level: `output; a pulse of ${unlockedUs} µs unlocks, one of ${lockedUs} µs locks; ${offWords(1)}`, why: bootWords(family, pin, 'motor'),
  };
  const plus: End = enable ? { point: 'SERVO+' } : FEED;
  const servo = [
    wired(signal, [], { terminal: 'signal' }), branch([resistor('10 kΩ')], GND), free({ terminal: 'servo + (red)' }, [], plus), free({ terminal: 'servo - (brown)' }, [], GND),
  ];
  const items = [
    resistors('10 kΩ', enable ? 2 : 1),
    { count: 1, part: `hobby servo for 5 V that understands a signal of 3.3 V, turns within ${throwMs} ms, and lets a hand turn it while it has no current` },
  ];
  if (!enable) return { title: 'Servo', notes: [], rows: servo, items };
  const on: Wire = {
    pad: pad(enable.pin), signal: 'servo supply', short: 'supply', to: 'switch of the servo\'s supply, its input',
    level: `output; ${enable.active ? 'high' : 'low'} gives current; ${offWords(enable.active)}`, why: bootWords(family, enable.pin, enable.active ? 'motor' : 'light'),
  };
  return {
    title: 'Servo and its switch', notes: [],
    rows: [
      ...servo, wired(on, [], { terminal: 'switch ON' }), branch([resistor('10 kΩ')], held(enable.active)), free({ terminal: 'switch IN' }, [], FEED),
      free({ terminal: 'switch OUT' }, [], plus), free({ terminal: 'switch GND' }, [], GND), free(plus, [{ kind: 'capacitor', text: '+ 1000 µF' }], GND),
    ],
    items: [
      ...items, { count: 1, part: `load switch or P-MOSFET module for 5 V and 3 A, on by ${enable.active ? 'high' : 'low'}, 3.3 V logic` },
      { count: 1, part: 'electrolytic capacitor 1000 µF, 10 V' },
    ],
  };
}

function strikePart({ wiring: { onPowerLoss }, family, pad }: Context, { pin, active }: StrikeWiring): Part {
  const magnet = onPowerLoss === 'failSafe';
  const name = magnet ? 'magnet' : 'strike';
  const wire: Wire = {
    pad: pad(pin), signal: name, short: name, to: 'MOSFET module, its input',
    level: `output; ${active ? 'high' : 'low'} ${magnet ? 'holds the door' : 'lets the door open'}; ${offWords(active)}`, why: bootWords(family, pin, active ? 'motor' : 'light'),
  };
  return {
    title: magnet ? 'Magnet' : 'Electric strike', notes: ['diode: its ring towards 12 V +'],
    rows: [
      wired(wire, [], { terminal: 'IN' }), branch([resistor('10 kΩ')], held(active)), free({ terminal: 'GND' }, [], GND),
      free({ terminal: '12 V +' }, [{ kind: 'block', text: name }], { terminal: 'OUT' }), free({ terminal: '12 V +' }, [{ kind: 'block', text: 'diode' }], { terminal: 'OUT' }),
      free({ terminal: '12 V -' }, [], GND),
    ],
    items: [
      { count: 1, part: magnet ? 'door magnet for 12 V DC, fail-safe' : 'electric strike for 12 V DC, fail-secure, 0.5 A or less' },
      { count: 1, part: `MOSFET module that switches the minus of 12 V, 2 A, on by ${active ? 'high' : 'low'}, 3.3 V logic; no relay` },
      { count: 1, part: 'diode 1N4007' }, { count: 1, part: 'supply 12 V, 1 A' }, resistors('10 kΩ'),
    ],
  };
}
