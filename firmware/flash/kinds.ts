/** Kinds of journal records (1 to 15). The newest valid record of a kind counts. Payloads: `firmware/update/boot-state.ts`. */
export const CONFIRM = 1;
export const TRIAL = 2;
export const VERDICT = 3;
export const ROLLBACK = 4;
export const SEAL_A = 5;
export const SEAL_B = 6;
export const SESSION = 7;
export const BOOTS = 8;
export const TRIES = 9;
export const OFFERS = 10;
/** Pages of the offer or of a slot that failed, kept by the update session. The journal's own are in its page headers. */
export const FAILING = 11;
export const HEALTH = 13;
/** The image that was confirmed before the present one: slot u8, 3 bytes 0, image id 32 bytes. */
export const PREVIOUS = 12;
