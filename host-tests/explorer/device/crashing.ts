/** An image that restarts the chip half a second after it was started. */
declare const handover: unknown;
declare const E: { reboot(): void };
declare function setTimeout(turn: () => void, delayMs: number): number;

setTimeout(() => {
  if (handover) E.reboot();
}, 500);
