/** In the place of firmware/safe-mode.ts when safe mode is built. */
export const IN_SAFE_MODE: number = 1;
