/** What every keypad gives. */

/** From `poll`: a key has been down for so long that it is stuck. */
export const STUCK = '!';
/** From `poll`, in front of the key's name: it has been down alone for `HELD_MS`, on purpose. */
export const HELD = '+';
export const HELD_MS = 2000;
/** Something was pressed just now: so long after the last bit of a Wiegand keypad. */
export const PRESENT_MS = 100;

export interface Keypad {
  /**
   * What came since the last call, `''` for nothing. Call every 10 to 50 ms: a contact may bounce for so long.
   *   `5`         a key went down: `0`..`9`, `*`, `#`
   *   `+5`        it has been held for two seconds: once, and it is let go as soon as `unsettled` is false. Wiegand keypads tell no holding.
   *   `!`         a key stays down: once, ten seconds after it was pressed. It is looked away from until it is let go, the others work.
   *   `12345678`  a card: facility and number, as printed on it; 8 digits, or 10 of a card of 34 bits
   */
  poll(): string;
  /** Something is pressed, or was just now. Reads the columns: for a caller that does not poll. */
  anyDown(): boolean;
  /** The last `poll` saw a key that is still down or half read: poll fast. Reads no pin. */
  unsettled(): boolean;
  /** `*` and `#` are held together; on a Wiegand keypad, which tells no holding: the last four keys were `*#*#`. */
  chord(): boolean;
}
