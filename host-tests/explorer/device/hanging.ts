/** An image that never comes to an end of its first turn: only the watchdog ends it. */
declare const handover: unknown;
declare function getTime(): number;

let now = 0;
while (handover && now >= 0) now = getTime();
