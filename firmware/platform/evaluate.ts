/**
 * Evaluates text in the global scope. Text that lies in flash stays there: functions it makes refer to it in place. Espruino's `eval`
 * always runs in the scope of its caller, and what it evaluates keeps that scope alive for good: a function made from text has none.
 */
export function evaluate(text: string): unknown {
  return (new Function('text', 'return eval(text)') as (text: string) => unknown)(text);
}
