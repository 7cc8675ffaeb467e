/** How a bundle is laid out for the lock's memory: the program stays the same, what it leaves behind gets less. */
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { inlineConstants, programOf } from '../../scripts/bundle-shape.js';
import { nest } from '../../scripts/nest.js';
import { shortenNames } from '../../scripts/short-names.js';

const evaluate = (script: string, context: object = {}): unknown => runInNewContext(script, context);
/** Names that a script leaves at the top. */
const tops = (script: string): string[] => {
  const context = {};
  runInNewContext(script, context);
  return Object.keys(context).sort();
};

describe('constants', () => {
  test('numbers, sums of numbers and short texts go into the code', () => {
    const script = 'var A=4096;var B=A/4-24;var N=-1;var S="kk";function f(o){return [A,B-N,{A:A},o.A,S]}f({A:7})';
    const inlined = inlineConstants(script);
    expect(tops(inlined)).toEqual(['f']);
    expect(evaluate(inlined)).toEqual([4096, 1001, { A: 4096 }, 7, 'kk']);
  });

  test('what is assigned later, or means something else inside a function, stays', () => {
    const script = 'var A=1;var B=2;A=3;function f(B){var C=B;return C+A}f(10)+B';
    expect(tops(inlineConstants(script))).toEqual(['A', 'f']);
    expect(evaluate(inlineConstants(script))).toBe(15);
  });
});

describe('nesting', () => {
  const script = 'function a(){return b()+c()}function b(){return d()}function c(){return 1}function d(){return 2}function e(){return c()}[a(),e()].join()';

  test('what only one function needs moves into it, also what that needs; what others need stays', () => {
    const nested = nest(script, ['a']);
    expect(tops(nested)).toEqual(['a', 'c', 'e']);
    expect(evaluate(nested)).toBe('3,1');
  });

  test('one owner within another', () => {
    const nested = nest(script, ['a', 'a.b']);
    expect(evaluate(nested)).toBe('3,1');
    expect(nested).toMatch(/function b\(\)\{\s*function d/);
  });

  test('an owner stays where it is named, whoever calls it', () => {
    const nested = nest(script, ['a', 'b']);
    expect(tops(nested)).toEqual(['a', 'b', 'c', 'e']);
    expect(nested).toMatch(/function b\(\)\{\s*function d/);
    expect(evaluate(nested)).toBe('3,1');
  });

  test('what stands at the top moves into the inner owner that alone uses it, but not to where its names mean something else', () => {
    const inner = 'function a(k){function b(){return f()+g()}return b()+k}function f(){return h()}function h(){return 1}function g(){return k()}function k(){return 5}a(10)';
    const nested = nest(inner, ['a.b']);
    expect(tops(nested)).toEqual(['a', 'g', 'k']);
    expect(evaluate(nested)).toBe(evaluate(inner));
  });

  test('variables of a function are state, and stay where they are', () => {
    const counter = 'function make(){var n=0;function up(){return add()}function add(){return ++n}return up}var m=make();m();m()';
    expect(evaluate(nest(counter, ['make.up']))).toBe(2);
  });

  test('an owner that is not there, that nobody calls, or that has the name already, is an error', () => {
    expect(() => nest(script, ['z'])).toThrow('no function z');
    expect(() => nest('function a(){}', ['a'])).toThrow('nothing calls a');
    expect(() => nest('function a(){var b=1;function x(b){return b}return g(x,b)}function g(f){return h(f)}function h(f){return f(b())}function b(){return 5}a()', ['a']))
      .toThrow('a has a b of its own');
  });
});

describe('a program', () => {
  test('declares, runs nothing before it is called, and evaluates to its start', () => {
    const text = programOf('function g(){return 2}function start(h){return h+g()}export{start};', 'R', []);
    const context: Record<string, (h: number) => number> = {};
    evaluate(text, context);
    expect(context['R']!(1)).toBe(3);
    expect(() => programOf('function start(){}print(1);export{start};', 'R', [])).toThrow('must not run before it is called: print(1);');
    expect(() => programOf('function a(){}function b(){}export{a,b};', 'R', [])).toThrow('has to export one function, its start; it exports a, b');
  });

  test('lets go of what runs only once, and refuses to where it may run again', () => {
    const source = 'function once(){return later}function later(){return 7}function start(){out.f=once()}export{start};';
    const context: { out: { f?: () => number }; R?: (handover: object) => void; once?: unknown; later?: unknown } = { out: {} };
    // Only what `eval` declares can be deleted.
    evaluate(`(0,eval)(${JSON.stringify(programOf(source, 'R', ['once']))})`, context);
    expect(context).toHaveProperty('once');
    context.R!({});
    expect(Object.keys(context).sort()).toEqual(['R', 'later', 'out']);
    expect(context.out.f!()).toBe(7);
    expect(() => programOf(source, 'R', ['later'])).toThrow('later may run more than once');
    expect(() => programOf('function once(){}function start(){later(function(){once()})}export{start};', 'R', ['once'])).toThrow('once may run more than once: once()');
    expect(() => programOf('function once(){}function other(){once()}function start(){other()}export{start};', 'R', ['once'])).toThrow('once may run more than once');
  });
});

describe('short names', () => {
  test('records keep their values under other names; texts and variables keep theirs', () => {
    const script = 'var nowMs=1;var r={nowMs:nowMs,keep:2};[r.nowMs,r.keep,"nowMs",Object.keys(r).join()].join(" ")';
    expect(evaluate(shortenNames(script, new Map([['nowMs', '$a']])))).toBe('1 2 nowMs $a,keep');
  });
});
