/** A stand-in for the application, with the syntax that has to be lowered for Espruino. */
import { average, describe } from './helpers.js';

declare const __VERSION__: string;

export function start(handover: { slot: number; name?: string }): void {
  print(describe(`app ${__VERSION__}`, handover.name ?? 'nobody'));
  print(average([1, 2, 3, 6]));
  print([1, 2, 3].map((each) => each * handover.slot).join());
}
