/** The page of one board, and the list of all. */
import { BUILDS } from '../boards/builds.js';
import { REFERENCE } from '../boards/reference/index.js';
import { flashSection } from './board-flash.js';
import { planOf, shoppingList, wiresOf, type Plan } from './board-plan.js';
import { powerSection } from './board-power.js';
import { recoverySection } from './board-recovery.js';
import { picture } from './board-picture.js';

/** File name in docs/boards to its text. */
export function boardFiles(): Map<string, string> {
  const files = new Map<string, string>();
  const plans = BUILDS.map((build) => {
    const wiring = REFERENCE[build.name];
    if (!wiring) throw new Error(`boards/builds.ts describes ${build.name}, which is not a reference wiring.`);
    return planOf(build, wiring);
  });
  for (const plan of plans) {
    files.set(`${plan.build.name}.md`, page(plan));
    files.set(`${plan.build.name}.svg`, picture(plan));
  }
  files.set('README.md', index(plans));
  return files;
}

const MADE = '<!-- Made by `npm run boards` from boards/; change it there, not here. -->\n\n';
const UNTRIED = '**Nothing on this page was tried on hardware.** Wiring, currents and steps come from data sheets, from Espruino\'s source and from calculation. '
  + 'Mount no lock that cannot be opened from inside by hand, and none without a mechanical key.\n\n';

function page(plan: Plan): string {
  const { wiring, build } = plan;
  return `# ${wiring.name}\n\n${MADE}${build.purpose}\n\n${UNTRIED}`
    + `The wiring is [\`boards/reference/${build.name}.ts\`](../../boards/reference/${build.name}.ts). All boards: [list](README.md). First time: [getting started](../getting-started.md).\n\n`
    + parts(plan) + drawing(plan) + table(plan) + notes(plan) + `${flashSection(plan)}\n` + firstPower(plan) + `${powerSection(plan)}\n` + recoverySection(plan);
}

function parts(plan: Plan): string {
  const rows = shoppingList(plan).map(({ count, part }) => `| ${count} | ${part} |\n`).join('');
  const buying = plan.carrier.buying.map((sentence) => `* ${sentence}\n`).join('');
  return `## Parts\n\n| quantity | part |\n|---|---|\n${rows}\n${buying}\n`;
}

function drawing({ build, wiring }: Plan): string {
  return `## Wiring\n\n![Wiring of ${wiring.name}; the table below says the same](${build.name}.svg)\n\n`
    + 'Each wire carries the name of its pad at both ends. Points with the same name in a filled label (GND, 3V3 and so on) are all joined; they are not drawn as wires.\n\n';
}

function table(plan: Plan): string {
  const wires = wiresOf(plan);
  if (!wires.length) return 'Nothing is connected but the USB cable.\n\n';
  const rows = wires.map(({ signal, pad, to, level, why }) => {
    const printed = pad.number === undefined ? pad.printed : `${pad.printed} (pad ${pad.number})`;
    return `| ${signal} | ${printed} | ${pad.pin === undefined ? '-' : `D${pad.pin}`} | ${to} | ${level} | ${why} |\n`;
  });
  const printed = plan.carrier.left.some((pad) => pad.number) ? 'pad' : 'printed on the board';
  return `| signal | ${printed} | Espruino | to | level, pull | why this pin is safe |\n|---|---|---|---|---|---|\n${rows.join('')}\n`;
}

function notes({ wiring, family }: Plan): string {
  const points: string[] = [];
  if (wiring.keypad.type === 'matrix') {
    points.push('**Which line of the keypad is which:** keypads differ. Set a multimeter to beep, hold a key and find the two lines that conduct. Do it for 1 and 2: the line they share is the row '
      + `${[...wiring.keypad.keys.slice(0, wiring.keypad.columns.length)].join(' ')}, the other two are their columns. Go on like that.`);
  }
  if (wiring.keypad.type === 'wiegand') {
    points.push('**The keypad must work on 3.3 V.** Before you connect it to the board, feed it from 3.3 V and measure DATA0 and DATA1 against GND: never above 3.3 V, or the board is damaged. '
      + `Set it to ${wiring.keypad.bits} bits a key. Colours are usual ones, its own sheet decides.`);
  }
  if (wiring.bolt.type === 'motor') {
    points.push('**Which way the motor turns:** IN1 high must draw the bolt in (unlock). If it goes the other way, exchange OUT1 and OUT2. Both resistors of 10 kΩ must be there: until the firmware runs, nothing else holds the '
      + `motor still. No throw lasts longer than ${wiring.bolt.throwMs} ms.`);
  }
  if (wiring.bolt.type === 'servo') {
    points.push('**Before the servo is fixed to the latch** let it turn both ways in the open, and set `lockedUs` and `unlockedUs` so that it never pushes against an end. The resistors of 10 kΩ hold it without signal and without current until the firmware runs. '
      + 'It gets both only while it turns: the latch has to stay where it is by itself, and a hand must be able to turn it.');
  }
  if (wiring.bolt.type === 'strike') {
    points.push(`**A strike for direct current, switched by a transistor.** Its current comes in pulses of a tenth of a second with gaps of some milliseconds, so that a lock that hangs leaves nothing under current; the diode carries it through the gaps. `
      + 'A relay in its place would rattle ten times a second, and a strike for alternating current would too. Without the diode the transistor breaks.');
  }
  const still = wiring.bolt.type === 'strike' ? 'the strike holds the latch' : 'the bolt stays where it is';
  points.push(`**No pin bears more than 3.3 V.** ${wiring.onPowerLoss === 'failSecure' ? `Without power ${still} (\`failSecure\`)` : 'Without power a spring opens (`failSafe`)'}: the handle inside must move it by hand.`);
  if (family.strappingPins.length && family.name === 'esp32') {
    points.push(`Pins that choose how the chip starts (${family.strappingPins.map((pin) => `D${pin}`).join(', ')}) carry nothing that could hold them at the wrong level.`);
  }
  return points.map((point) => `* ${point}\n`).join('') + '\n';
}

function firstPower({ wiring, build }: Plan): string {
  const steps: string[] = [];
  if (build.regulator && !build.serialAdapter) steps.push('Cells and regulator alone, board not connected: measure 3.2 V to 3.4 V between 3V3 and GND.');
  else if (!build.regulator && (wiring.bolt.type === 'motor' || wiring.bolt.type === 'servo')) steps.push('The supply alone: measure 4.9 V to 5.2 V, with plus where plus is meant to be.');
  if (wiring.bolt.type === 'motor') steps.push('Board and motor driver: with Espruino on the board and no lock firmware yet, the motor stands still at power-on and at reset. If it moves, look for the 10 kΩ resistors.');
  if (wiring.bolt.type === 'servo' || wiring.bolt.type === 'strike') {
    steps.push(`Board and ${wiring.bolt.type}: with Espruino on the board and no lock firmware yet, the ${wiring.bolt.type} stays still and cold at power-on and at reset. If it does not, look for the 10 kΩ resistors.`);
  }
  if (wiring.keypad.type !== 'none') steps.push('Keypad, contacts, light and beeper last. Nothing gets warm; if something does, take the power away.');
  if (!steps.length) return '';
  return `## The first time with power\n\n${steps.map((step, index) => `${index + 1}. ${step}\n`).join('')}\n`;
}

const FEEDS = { motor: '5 V supply', servo: '5 V supply', strike: 'USB, and 12 V for the strike', none: 'USB' };

function index(plans: readonly Plan[]): string {
  const rows = plans.map((plan) => {
    const { build, wiring } = plan;
    const keypad = wiring.keypad.type === 'matrix' ? `${wiring.keypad.rows.length} x ${wiring.keypad.columns.length} matrix` : wiring.keypad.type === 'wiegand' ? 'Wiegand' : 'none';
    const power = wiring.battery.chemistry === 'mains' ? FEEDS[wiring.bolt.type] : wiring.battery.chemistry.replace('4x', 'four ');
    return `| [${wiring.name}](${build.name}.md) | ${plan.carrier.title} | ${keypad} | ${power}${build.asleep ? ', deep sleep' : ''} | \`${build.name}\` |\n`;
  });
  return `# Boards\n\n${MADE}One page for each reference wiring: parts, picture, table of wires, power, how to flash Espruino, and recovery. If you have built nothing like it before, take the first.\n\n`
    + UNTRIED.replace('on this page', 'on these pages')
    + `| wiring | board | keypad | power | name for commands |\n|---|---|---|---|---|\n${rows.join('')}\n`
    + 'Another board or other parts: [wiring](../wiring.md) tells what to keep to, and [contributing](../../CONTRIBUTING.md#adding-a-board) how to add it.\n';
}
