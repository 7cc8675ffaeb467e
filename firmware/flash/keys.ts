/** Keys of the record store: 1 to 63, and those of the log. */
export const LOW_KEYS = 64;

export const CODES = 1;
export const MASTER = 2;
export const SETTINGS = 3;
export const WIFI = 4;
export const CALIBRATION = 5;
/** Copy of the newest CONFIRM payload: security counter and key epoch. The higher of journal and record counts. */
export const FLOOR = 6;
/** Install history, newest last. */
export const HISTORY = 7;
export const OWNERS = 8;
export const HEALTH_BASELINE = 9;
export const RECOVERY = 10;
/** Written and read back by the health check of the record store. */
export const HEALTH_PROBE = 11;
/** Second and further tables of codes: `codes.ts`. */
export const MORE_CODES = 0x10;
/** Tables of schedules: `schedules.ts`. */
export const SCHEDULES = 0x18;
/** Holidays. */
export const HOLIDAYS = 0x1c;
/** The newest time known, and other things the lock notices about itself. */
export const CLOCK = 12;
/** What the next start has to finish: a hard reset, or a restore (`firmware/lock/resets.ts`). */
export const PENDING = 13;
/** A restore puts values here first: key + STAGED. Every key that a backup holds lies below. */
export const STAGED = 0x20;
/** The access log is a ring over these keys. */
export const LOG_FIRST = 0x100;
export const LOG_LAST = 0x1ff;
