/**
 * What has to hold before and around everything else: a dead console, and a restart instead of a lock whose handlers the interpreter
 * took away after it ran out of memory.
 */
declare const E: {
  setConsole(device: unknown, options?: { force: boolean }): void;
  on(event: 'errorFlag', handler: (flags: string[]) => void): void;
  getErrorFlags(): string[];
};
declare function require(name: string): { setOptions(options: { mode: string }): void };
declare const Serial1: unknown;

/** The first statement of `.boot0`: bytes on every port become data, and no text that arrives is evaluated. */
export function lockConsole(): void {
  E.setConsole(null, { force: true });
  try {
    require('TelnetServer').setOptions({ mode: 'off' });
  } catch (_) {
    // Builds without telnet have nothing to switch off.
  }
}

/** A development board gets its console back, on the wire only. */
export function openConsole(): void {
  if (typeof Serial1 !== 'undefined') E.setConsole(Serial1, { force: true });
}

/** Calls `restart` once the interpreter reports that it dropped a handler or ran out of memory. */
export function onInterpreterFault(restart: () => void): void {
  E.getErrorFlags();
  E.on('errorFlag', (flags) => {
    if (flags.indexOf('CALLBACK') >= 0 || flags.indexOf('MEMORY') >= 0) restart();
    else E.getErrorFlags();
  });
}
