/** Calls a function that is declared after it: Espruino does not hoist, so the build has to. */
export function describe(what: string, whom: string): string {
  return capital(what) + ' for ' + whom;
  function capital(text: string): string {
    return text.charAt(0).toUpperCase() + text.slice(1);
  }
}

export function average(values: number[]): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Nobody calls this one: it must not be in the bundle. */
export function unused(): string {
  return 'never shipped';
}
