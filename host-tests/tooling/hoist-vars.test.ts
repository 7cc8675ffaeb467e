import { describe, expect, test } from 'vitest';
import { checkVars, hoistVars } from '../../scripts/hoist-vars.js';
import { runScript } from '../../virtual-board/interpreter/script.js';
import { describeWithInterpreter } from '../interpreter/with-interpreter.js';

/** Before and after. In each of them `f(0)` must leave a `b` outside alone. */
const LATE: [what: string, before: string, after: string][] = [
  ['a branch not taken', 'function f(a){if(a){var b=1}b=2;return b}', 'function f(a){var b;if(a){b=1}b=2;return b}'],
  ['an assignment above', 'function f(a){b=a;var b;return b}', 'function f(a){var b;b=a;;return b}'],
  ['a loop that does not run', 'function f(a){for(;a>9;){var b=1}b=2}', 'function f(a){var b;for(;a>9;){b=1}b=2}'],
  ['a case not taken', 'function f(a){switch(a){case 9:var b=1;break;default:b=2}}', 'function f(a){var b;switch(a){case 9:b=1;break;default:b=2}}'],
  ['a try that failed', 'function f(a){try{a.b.c;var b=1}catch(e){}b=2}', 'function f(a){var b;try{a.b.c;b=1}catch(e){}b=2}'],
  ['an inner function called too early', 'function f(){function g(){b=2}g();var b=1}', 'function f(){var b;function g(){b=2}g();b=1}'],
  ['an inner function called by another', 'function f(){function g(){h()}function h(){b=2}g();var b=1}', 'function f(){var b;function g(){h()}function h(){b=2}g();b=1}'],
  ['an inner function kept and called too early', 'function f(){var g=function(){b=2};g();var b=1}', 'function f(){var b;var g=function(){b=2};g();b=1}'],
  ['several in one statement', 'function f(a){c=b=a;var c=1,b,d=2}', 'function f(a){var c,b,d;c=b=a;c=1,d=2}'],
];

const IN_TIME: [what: string, script: string][] = [
  ['at the beginning', 'function f(){var a=1;return a}'],
  ['in a loop\'s head', 'function f(n){for(var i=0;i<n;i++){var t=i;g(t)}return i}'],
  ['in the head of a loop over names', 'function f(a){for(var k in a)g(k);return k}'],
  ['used only in its branch', 'function f(a){if(a){var t=a+1;g(t)}}'],
  ['used by inner functions that are mentioned later', 'function f(){function h(){return a}g();var a=1;return{h:h}}'],
  ['a name of somebody else inside', 'function f(){g(function(b){return b});var b=1;return b}'],
  ['names of properties', 'function f(a){a.b=1;g({b:2});var b=1;return b}'],
  ['parameters declared again', 'function f(a){g(a);var a=1;return a}'],
];

describe('names that Espruino would make too late', () => {
  test.each(LATE)('%s', (_what, before, after) => {
    expect(checkVars(before).length).toBeGreaterThan(0);
    expect(hoistVars(before)).toBe(after);
    expect(checkVars(after)).toEqual([]);
  });

  test.each(IN_TIME)('%s is in time, and stays as it is', (_what, script) => {
    expect(checkVars(script)).toEqual([]);
    expect(hoistVars(script)).toBe(script);
  });
});

describeWithInterpreter('names that Espruino would make too late, on the real interpreter', () => {
  const outcome = (script: string): string => `(function(){var b=5;${script}f(0);return b})()`;

  test('really change a variable further out, and no longer do when they are moved', async () => {
    const lines = LATE.flatMap(([what, before, after]) => [before, after].map((script, index) => `print(${JSON.stringify(`${what} ${index} `)}+${outcome(script)});`));
    const printed = await runScript(lines.join('\n'));
    const wrong = LATE.map(([what]) => what).filter((what) => !printed.includes(`${what} 0 5`));
    expect(wrong).toEqual(LATE.map(([what]) => what));
    for (const [what] of LATE) expect(printed).toContain(`${what} 1 5`);
  });
});
