/**
 * Starts what lies in flash as text. Espruino's `eval` runs in the scope of its caller, and what it evaluates keeps that scope alive for
 * good: a function made from text has none, so all that the bootloader made is free before the image makes its own.
 */
declare function setTimeout(turn: unknown, delayMs: number, text: string, handover: object, shared: object | undefined): number;

/** An image that throws while it starts leaves timers and watches behind: only a restart is clean. */
const LAUNCHER = 'try{eval(text)(handover,shared)}catch(e){print("launch: "+e);E.reboot()}';

/** In `delayMs`, evaluates `text` in place and calls the function it gives. */
export function launch(delayMs: number, text: string, handover: object, shared: object | undefined): void {
  setTimeout(new Function('text', 'handover', 'shared', LAUNCHER), delayMs, text, handover, shared);
}
