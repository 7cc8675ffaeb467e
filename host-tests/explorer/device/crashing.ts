/** An image that restarts the chip half a second after it was started. */
declare const E: { reboot(): void };
declare function setTimeout(turn: () => void, delayMs: number): number;

export function start(): void {
  setTimeout(() => E.reboot(), 500);
}
