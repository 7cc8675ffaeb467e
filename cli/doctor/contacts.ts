/** Contacts (door, strap, wake key, end stops without a motor) judged by what a pin reads in both of their states. */
import type { InputWiring, Wiring } from '../../boards/wiring.js';
import { good, wrong, type Finding, type Part } from './findings.js';

/** Readings of one pin, one after the other. */
export interface Samples {
  high: number;
  of: number;
}

export type Steady = 0 | 1 | 'unsteady';

/** Fewer than one in eight may differ. */
export function steady({ high, of }: Samples): Steady {
  return high * 8 <= of ? 0 : high * 8 >= of * 7 ? 1 : 'unsteady';
}

export interface Contact {
  name: string;
  input: InputWiring;
  /** What a person does for "no" and for "yes". */
  no: string;
  yes: string;
}

/** Those that a person has to move by hand. With a motor its end stops are watched while it runs. */
export function contactsOf({ sensors, bolt, strap, wakePin, keypad }: Wiring): Contact[] {
  const contacts: Contact[] = [];
  const add = (name: string, input: InputWiring | undefined, no: string, yes: string): void => {
    if (input) contacts.push({ name, input, no, yes });
  };
  add('door sensor', sensors?.door, 'Open the door', 'Close the door');
  add('release button', sensors?.release, 'Let go of the button inside that opens', 'Hold the button inside that opens');
  add('privacy button', sensors?.privacy, 'Let go of the privacy button', 'Hold the privacy button');
  add('front contact', sensors?.front, 'Put the outer part on', 'Take the outer part off');
  if (bolt.type === 'none') {
    add('end stop "locked"', sensors?.locked, 'Push the bolt in by hand', 'Push the bolt all the way out by hand');
    add('end stop "unlocked"', sensors?.unlocked, 'Push the bolt out by hand', 'Push the bolt all the way in by hand');
  }
  add('recovery strap', strap, 'Open the recovery strap (take its jumper off)', 'Close the recovery strap (put its jumper on)');
  const onKeypad = keypad.type === 'wiegand' && (wakePin?.pin === keypad.d0 || wakePin?.pin === keypad.d1);
  if (!onKeypad) add('wake key', wakePin, 'Let go of the wake key', 'Hold the wake key down');
  return contacts;
}

/** `no`, `yes`: what was read in each state. */
export function diagnoseContact({ name, input }: Contact, no: Samples, yes: Samples, part: Part = 'contacts'): Finding {
  const [off, on] = [steady(no), steady(yes)];
  const pin = `D${input.pin}`;
  const rail = input.active ? '3V3' : 'GND';
  if (off === 'unsteady' || on === 'unsteady') {
    return wrong(part, `${name} (${pin}): the level jumps, so that nothing holds the line while the contact is open; ${input.pull ? 'its wire picks up noise: shorten it, and check its contact' : `fit a resistor of 10 kOhm to ${input.active ? 'GND' : '3V3'}`}.`);
  }
  if (off !== on) {
    return on === input.active ? good(part, `${name} (${pin}) says yes and no as it should.`)
      : wrong(part, `${name} (${pin}) is the wrong way round: it says yes for no; take the other contact of the switch, or write active: ${on} into the board file.`);
  }
  return on === input.active
    ? wrong(part, `${name} (${pin}) says yes all the time: its wire is joined to ${rail}, or the contact does not open.`)
    : wrong(part, `${name} (${pin}) never says yes: its wire or the one to ${rail} is open, or the contact does not close${name === 'door sensor' ? ' (a magnet has to be near)' : ''}.`);
}
