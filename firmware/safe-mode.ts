/**
 * Whether this bundle is safe mode. Its build reads bootloader/in-safe-mode.ts in the place of this file, and carries nothing of what
 * this constant rules out: safe mode knows no time and no radios, and changes no users and settings.
 */
export const IN_SAFE_MODE: number = 0;
