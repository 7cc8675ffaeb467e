/** Contacts: what a pin says about a switch. */
import type { InputWiring } from '../../boards/wiring.js';
import type { Pins } from '../platform/types.js';

/** 1 = active, 0 = not, -1 = not wired. */
export function readInput(pins: Pins, input: InputWiring | undefined): number {
  return input ? (pins.read(input.pin) === input.active ? 1 : 0) : -1;
}

export function setUpInput(pins: Pins, input: InputWiring | undefined): void {
  if (input) pins.mode(input.pin, input.pull ? 'input_pull' + input.pull as 'input_pullup' : 'input');
}
