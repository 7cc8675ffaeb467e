/** What a board's page says about power. Every figure comes from the wiring, the build or the firmware's own floors. */
import type { Draw } from '../boards/builds.js';
import { cellsOf, floorsOf } from '../firmware/lock/battery.js';
import { AWAKE_S } from '../firmware/lock/sleep.js';
import type { Plan } from './board-plan.js';
import { dividerOf } from './board-supply.js';

/** What four good alkaline AA cells give before they are below the floors; an assumption, said on the page. */
export const CELLS_MAH = 2000;
/** The pack's voltage for calculated currents. */
const PACK_MV = 6000;

/** A fresh 9 V block, which is what people have in a drawer, and what a pin may see. */
const BLOCK_MV = 9600;
const PIN_MV = 3300;

const volts = (mv: number): string => `${(mv / 1000).toFixed(mv % 100 ? 2 : 1)} V`;
const amount = (mA: number): string => (mA < 1 ? `${Number(mA.toPrecision(2))} mA` : `${Math.round(mA * 10) / 10} mA`);

export function powerSection(plan: Plan): string {
  const { wiring } = plan;
  return `## Power\n\n${wiring.battery.chemistry === 'mains' ? mains(plan) : cells(plan)}`;
}

/** How long `CELLS_MAH` last, in the unit a person would use. */
export function lasting(mA: number): string {
  const hours = CELLS_MAH / mA;
  if (hours < 72) return `${Math.round(hours)} hours`;
  const days = hours / 24;
  if (days < 60) return `${Math.round(days)} days`;
  return days < 700 ? `${Math.round(days / 30)} months` : `${Math.floor(days / 365)} years, which is longer than cells keep`;
}

function table(draws: readonly Draw[]): string {
  const total = draws.reduce((sum, draw) => sum + draw.mA, 0);
  const rows = draws.map((draw) => `| ${draw.what} | ${amount(draw.mA)} | ${draw.source} |\n`).join('');
  return `| what draws | from the supply | how we know |\n|---|---|---|\n${rows}| **together** | **${amount(total)}** | calculated |\n`;
}

export function dividerDraw(plan: Plan): Draw[] {
  const { battery } = plan.wiring;
  const divider = dividerOf(battery, plan.family.adcFullScaleMv);
  if (!divider || battery.enable) return [];
  return [{ what: `battery divider, always connected, at ${volts(PACK_MV)}`, mA: PACK_MV / (divider.upper + divider.lower), source: 'calculated' }];
}

function mains(plan: Plan): string {
  const total = plan.build.running.reduce((sum, draw) => sum + draw.mA, 0);
  const { type } = plan.wiring.bolt;
  const motor = type === 'motor' || type === 'servo';
  const feed = motor
    ? 'The supply feeds two things, by two pairs of wires that start at the supply: the pad 5V with a GND of the board, and ' + (type === 'servo' ? 'IN with GND of the servo\'s switch. ' : 'VM with GND of the motor driver. ')
      + '**The motor never gets its current through the board**: not from 3V3, whose regulator it would overload, and not from the pad 5V either.\n\n'
      + 'Connect either the 5 V supply or a computer\'s USB cable, not both. On the cable alone the motor would run from the computer\'s port; '
      + 'do not throw the bolt then.\n\n'
    : type === 'strike'
      ? 'A USB cable to a charger feeds the board, a supply of its own the strike; their minus lines are joined at GND of the switch. **The 12 V never reach the board.**\n\n'
      : 'A USB cable to a computer or a charger is all it needs.\n\n';
  return `${feed}${table(plan.build.running)}\n`
    + `The ESP32 port of Espruino never idles, so this board is for a supply, not for cells: four AA cells of ${CELLS_MAH} mAh would last about ${lasting(total)} (calculated).\n`
    + (motor ? emergencyMains() : '');
}

function emergencyMains(): string {
  return '\n### When the mains fail\n\nFrom outside, the lock can be given 5 V from a power bank: a USB-C socket, then a resettable fuse of 1 A, then a Schottky diode '
    + 'for 2 A, to the plus of the supply, which gets a diode of its own of the same kind. A USB-C socket needs two resistors of 5.1 kΩ, from CC1 and CC2 to GND, or the power '
    + 'bank stays off. It gives power, not access: a code is still needed. Bring out nothing else. A handle inside and a key outside work without any of this.\n';
}

function cells(plan: Plan): string {
  const { build, wiring } = plan;
  const running = [...build.running, ...dividerDraw(plan)];
  const sum = (draws: readonly Draw[]): number => draws.reduce((total, draw) => total + draw.mA, 0);
  const parts = [
    '**The motor is fed from the cells, never from 3V3.** Lead PACK+ and GND by wires of their own from the cells to the motor driver; the capacitor of 470 µF sits at the driver.\n',
    plan.carrier.family === 'xiaoble'
      ? 'The pad 5V and the two battery pads on the back stay open: 5V bears 5.8 V at most (data sheet), fresh cells give 6.5 V, and the battery pads charge what is connected to them.\n'
      : '',
    build.asleep ? `${awake(running)}\n${asleep([...build.asleep, ...dividerDraw(plan)])}` : `${table(running)}\n${keypadWords(plan, sum(running))}`,
    floors(plan),
    emergency(plan),
  ];
  return parts.filter(Boolean).join('\n') + (wiring.battery.enable ? switched(plan) : '');
}

function awake(draws: readonly Draw[]): string {
  const total = draws.reduce((sum, draw) => sum + draw.mA, 0);
  return '### Awake\n\n'
    + `The ESP32 port of Espruino never idles: awake all the time, four AA cells of ${CELLS_MAH} mAh would last about ${lasting(total)} (calculated). So the lock sleeps ${AWAKE_S} seconds after the last key. `
    + 'For a door that a radio should reach at any time take [the XIAO](xiao-wiegand.md), or a supply.\n\n'
    + table(draws);
}

function asleep(draws: readonly Draw[]): string {
  const total = draws.reduce((sum, draw) => sum + draw.mA, 0);
  return '### Asleep\n\n'
    + 'Deep sleep forgets everything in memory: the wake key starts the lock again, its press is not a digit, and the keypad counts after that. '
    + `Never woken, cells would last ${lasting(total)} by these figures; [power](../power.md) reckons with people.\n\n${table(draws)}`;
}

function keypadWords(plan: Plan, total: number): string {
  const keypad = 30;
  const left = plan.wiring.keypad.type === 'wiegand'
    ? `* **The keypad is not in the table, and it decides.** It is on all the time. One that draws ${keypad} mA, which is common, empties four AA cells of ${CELLS_MAH} mAh in ${lasting(keypad + total)} `
      + `(calculated). Look for one that draws less than 0.1 mA while nobody types (${lasting(0.1 + total)} with it, calculated) and runs on 3.3 V; there are few.\n`
    : '';
  return `Not in these figures:\n\n${left}* The firmware looks at the keypad 20 times a second. What that costs was not measured.\n`
    + '* The flash chip on the board, and the current through the regulator on the board, which is fed from its output. Measure the whole before you close the door.\n';
}

function floors(plan: Plan): string {
  const { battery } = plan.wiring;
  const { refuseMv, loadTestMv, loadedMv } = battery.floors ?? floorsOf(cellsOf(battery).chemistry);
  const known = battery.chemistry === '4xAA' && !battery.floors ? 'from reports about other locks' : 'calculated';
  return '### When an update is refused\n\nThe door opens with whatever the cells still give; only updates ask for more '
    + `(${known}; until the divider is calibrated each is a few percent higher, [why](../wiring.md#battery)).\n\n`
    + `| at the cells | what happens |\n|---|---|\n| below ${volts(refuseMv)} at rest | no update starts, radios stay off |\n`
    + `| below ${volts(loadTestMv)} at rest | a test under load decides |\n| below ${volts(loadedMv)} under load | an update pauses |\n`;
}

function emergency(plan: Plan): string {
  const { battery } = plan.wiring;
  const pinMv = Math.round(BLOCK_MV * plan.family.adcFullScaleMv / (battery.fullScaleMv ?? 1));
  return '### When the cells are flat\n\n'
    + 'From outside, the lock can be given **5 V**: a USB-C socket for a power bank, then a resettable fuse of 1 A, then a Schottky diode for 2 A, to the point PACK+ of regulator and motor driver. '
    + 'The cells then need a diode of the same kind between their plus and that point, and the battery divider moves to the cells\' side of it, so that it measures the cells and nothing else. '
    + 'A USB-C socket needs two resistors of 5.1 kΩ, from CC1 and CC2 to GND.\n\n'
    + `A 9 V block may only be connected through a step-down module for 5 V in front of the fuse. Directly, it would put ${volts(BLOCK_MV)} on PACK+: up to ${volts(pinMv)} at the measuring pin, `
    + `which bears ${volts(PIN_MV)}, and more than many regulators for 3.3 V bear (calculated). Emergency power opens nothing by itself: a code is still needed. None of it is drawn, because `
    + 'the lock works without it. A handle inside and a key outside do too.\n';
}

function switched(plan: Plan): string {
  const divider = dividerOf(plan.wiring.battery, plan.family.adcFullScaleMv)!;
  return '\n### Why the divider has these resistors\n\n'
    + `The firmware connects the divider, reads it at once, and disconnects it. So it must be quick: ${divider.lower / 1000} kΩ, and **no capacitor** at the pin. With 100 kΩ and a capacitor the pin would still be near 0 V `
    + `when it is read. It draws ${amount(PACK_MV / (divider.upper + divider.lower))} while it is connected and nothing else.\n`;
}
