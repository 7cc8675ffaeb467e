/** An image that never comes to an end of its first turn: only the watchdog ends it. */
declare function getTime(): number;

export function start(): void {
  let now = 0;
  while (now >= 0) now = getTime();
}
