/**
 * Starts what lies in flash as text. Espruino's `eval` runs in the scope of its caller, and every function that is made keeps a list of
 * the scopes around it: evaluated by the bootloader, an app would keep all of the bootloader alive and take twice the memory. A timer
 * whose turn is text runs with no scope at all.
 */
declare const global: Record<string, unknown>;
declare function setTimeout(turn: string, delayMs: number): number;

/** An image that throws while it starts leaves timers and watches behind: only a restart is clean. */
const LAUNCHER = 'try{eval(image[0])(image[1])}catch(e){print("launch: "+e);E.reboot()}';

/** In `delayMs`, evaluates `text` in place, where it finds `shared` as `global.image[2]`, and calls the function it gives with `handover`. */
export function launch(delayMs: number, text: string, handover: object, shared: object | undefined): void {
  global['image'] = [text, handover, shared];
  setTimeout(LAUNCHER, delayMs);
}

/** For an image that is launched and takes nothing more from `image`: the array would stay at the root. */
export function forgetImage(): void {
  delete global['image'];
}
