/** True random numbers, for challenges. Where the chip has none at hand nobody may issue one. */
import type { FamilyName } from '../../boards/families.js';
import type { EspruinoE } from './espruino-globals.js';

declare const E: EspruinoE;
declare const __FAMILY__: FamilyName;
declare function peek32(address: number): number;

/**
 * ESP32: the hardware register (ESP32 technical reference, RNG; ESP32-C3: SYSCON_RND_DATA), as `E.hwRand` repeats itself there. A
 * register that gives the same word twice is not random.
 */
export function randomBytes(count: number): Uint8Array | undefined {
  const register = __FAMILY__ === 'esp32c3' ? 0x600260b0 : __FAMILY__ === 'esp32' || __FAMILY__ === 'virtual' ? 0x60035144 : 0;
  const bytes = new Uint8Array(count);
  let last = 0;
  for (let at = 0; at < count; at += 4) {
    const word = register ? peek32(register) : E.hwRand();
    if (word === last) return undefined;
    last = word;
    for (let byte = at; byte < at + 4 && byte < count; byte++) bytes[byte] = word >>> (8 * (byte - at));
  }
  return bytes;
}

