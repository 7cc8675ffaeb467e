/** Reset-cause registers, as wirings name them. */
import type { ResetCauseWiring } from '../wiring.js';

/**
 * RTC_CNTL_RESET_STATE_REG of the classic ESP32, cause of the PRO CPU in its low 6 bits (`rom/rtc.h`, RESET_REASON). 1 after power-on
 * was seen in an emulator, no value on hardware. A panic, the task watchdog included, restarts by software: 12.
 */
export const ESP32_RESET_CAUSE: ResetCauseWiring = {
  register: 0x3ff48034,
  mask: 63,
  causes: {
    1: 'powerOn', 3: 'software', 5: 'deepSleep', 7: 'watchdog', 8: 'watchdog', 9: 'watchdog', 11: 'watchdog', 12: 'software', 13: 'watchdog',
    15: 'brownOut', 16: 'watchdog',
  },
};
