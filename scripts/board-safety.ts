/** Why a pin is safe for what it is used for, in a sentence made from the family's tables. */
import type { ChipFamily, FamilyName } from '../boards/families.js';

type Use = 'motor' | 'key' | 'light';

/** What happens on the pin between power-on and the first line of firmware. */
export function bootWords(family: ChipFamily, pin: number, use: Use): string {
  if (family.bootPullUpPins.includes(pin)) {
    if (use === 'motor') throw new Error(`D${pin} is pulled up at start and drives a motor: the check of the wiring should have refused it.`);
    return use === 'key'
      ? 'Espruino pulls it up while starting; a key line is pulled up anyway.'
      : 'Espruino pulls it up weakly while starting: a moment of faint light or a click, nothing else.';
  }
  const quiet = 'Espruino leaves it alone while starting, and it does not choose how the chip starts';
  if (use === 'motor') return `${quiet}; 10 kΩ holds it low until the firmware runs.`;
  return `${quiet}.`;
}

/** The same for an input with a contact. `outside`: the pull is a resistor of ours. */
export function inputWords(family: ChipFamily, pin: number, outside: boolean): string {
  const words: string[] = [];
  if (family.inputOnlyPins.includes(pin)) words.push('Can only be read and has no pull of its own; the resistor is its pull');
  else if (outside) words.push('The resistor also works while the chip sleeps, its own pull would not');
  else words.push('Only read, never driven; it does not choose how the chip starts');
  if (outside && family.wakePins?.includes(pin)) words.push('one of the pins that can wake the chip');
  return `${words.join('; ')}.`;
}

/** Pins whose level at reset matters and which may still carry a light. */
const STRAPPING: Partial<Record<FamilyName, Record<number, string>>> = {
  esp32: { 2: 'Read at reset when the chip is told to take new firmware, and must be low then: the LED towards GND pulls it low.' },
  xiaoble: { 1: 'High at reset it would be Espruino\'s boot button, which skips the firmware: the LED towards GND keeps it low.' },
};

/** Undefined where the pin has nothing to do with how the chip starts. Throws for one that nobody has thought about. */
export function strappingWords(family: ChipFamily, pin: number): string | undefined {
  if (!family.strappingPins.includes(pin)) return undefined;
  const words = STRAPPING[family.name]?.[pin];
  if (!words) throw new Error(`D${pin} of ${family.title} is read at reset: say in scripts/board-safety.ts why a part on it is safe.`);
  return words;
}
