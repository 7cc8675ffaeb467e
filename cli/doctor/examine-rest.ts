/** Looks at contacts, battery, light and beeper. */
import type { ChipFamily } from '../../boards/families.js';
import { layoutOf, PAGE_BYTES } from '../../firmware/flash/layout.js';
import { diagnoseBattery, type BatteryReadings } from './battery.js';
import { contactsOf, diagnoseContact } from './contacts.js';
import { good, note, wrong, type Finding } from './findings.js';
import type { MotorVisit } from './examine-motor.js';
import type { Visit } from './visit.js';

/** The page of the spare region that the firmware's own load test erases, see firmware/core.ts. */
const LOAD_TEST_PAGE = 2;

export async function examineContacts(visit: Visit): Promise<Finding[]> {
  const contacts = contactsOf(visit.wiring);
  if (contacts.length === 0) return [note('contacts', 'this wiring has none that a hand can move.')];
  const findings: Finding[] = [];
  for (const contact of contacts) {
    // "No" last: a strap left closed would start safe mode.
    await visit.ask('contacts', `${contact.yes}, and press Enter.`);
    const yes = await visit.bench.samples(contact.input);
    await visit.ask('contacts', `${contact.no}, and press Enter.`);
    findings.push(diagnoseContact(contact, await visit.bench.samples(contact.input), yes));
  }
  return findings;
}

/** What a lock adds: a spare page that may be erased where the motor gave no load, and its calibration. */
export interface BatteryOfLock {
  family: ChipFamily;
  calibration: Uint8Array | undefined;
}

export async function examineBattery(visit: Visit, load: MotorVisit['load'], lock: BatteryOfLock | undefined): Promise<Finding[]> {
  const { bench, wiring: { battery } } = visit;
  if (battery.chemistry === 'mains' || battery.pin === undefined) return [note('battery', 'this wiring has none.')];
  const typed = await visit.ask('battery', 'If you have a multimeter, measure the pack and type its volts; Enter alone: go on without.');
  const measured = Number(typed.replace(',', '.').replace(/ ?v$/i, ''));
  const readings: BatteryReadings = { rest: await bench.battery(battery), ...(lock?.calibration && { calibration: lock.calibration }) };
  if (typed && measured > 0 && measured < 30) readings.measuredMv = Math.round(measured * 1000);
  else if (typed) visit.say(`"${typed}" is no voltage; going on without.`);
  if (battery.enable) readings.disabled = await bench.battery(battery, false);
  if (load) readings.loaded = { reading: load.reading, by: load.held ? 'stalled motor' : 'motor' };
  else if (lock) {
    const { spare } = layoutOf(lock.family.geometry);
    if (spare.pages > LOAD_TEST_PAGE) readings.loaded = { reading: await bench.batteryAfterErase(battery, spare.address + LOAD_TEST_PAGE * PAGE_BYTES), by: 'flash' };
  }
  return diagnoseBattery(battery, readings);
}

export async function examineLight(visit: Visit): Promise<Finding[]> {
  const { led } = visit.wiring;
  if (!led) return [note('light', 'this wiring has none.')];
  visit.say('Look at the light: it blinks three times now.');
  await visit.bench.blink(led);
  const blinked = await visit.yes('light', 'Did it blink three times?');
  const dark = await visit.yes('light', 'Is it dark now?');
  const pin = `D${led.pin}`;
  if (blinked && dark) return [good('light', `it blinks (${pin}).`)];
  if (blinked) return [wrong('light', `it is lit when it should be dark: the LED on ${pin} is connected to the other rail; write active: ${led.active ? 0 : 1} into the board file, or connect it towards ${led.active ? 'GND' : '3V3'}.`)];
  return [wrong('light', dark
    ? `it stays dark: the LED on ${pin} is the wrong way round (its long leg belongs towards plus), its resistor or wire is open, or it sits on another pin.`
    : `it is lit all the time: the LED is not on ${pin} but joined to a rail.`)];
}

export async function examineBeeper(visit: Visit): Promise<Finding[]> {
  const { beeper } = visit.wiring;
  if (!beeper) return [note('beeper', 'this wiring has none.')];
  visit.say('Listen: the beeper sounds three times now.');
  await visit.bench.beep(beeper);
  const heard = await visit.choose('beeper', 'What did you hear: three beeps, only clicks, or nothing?', ['beeps', 'clicks', 'nothing']);
  const pin = `D${beeper.pin}`;
  if (heard === 'beeps') return [good('beeper', `it sounds (${pin}).`)];
  if (heard === 'clicks') {
    return [wrong('beeper', beeper.hz ? `it only clicks at ${beeper.hz} Hz: a beeper that makes its own tone needs hz: 0 in the board file.`
      : `it only clicks: a passive beeper needs a tone; write hz: 2700 into the board file.`)];
  }
  return [wrong('beeper', `nothing is heard: check the wire from ${pin} to the beeper and from there to GND${beeper.hz ? '' : ', and which leg is plus'}; if both are right, try another beeper.`)];
}
