/** Texts of the lock in Espruino's tokens: that they say the same, to the lexer of the virtual board and to the real one. */
import fc from 'fast-check';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { buildApp } from '../../scripts/build-firmware.js';
import { buildBootloader } from '../../scripts/build-bootloader.js';
import { tokenise } from '../../scripts/tokens.js';
import { strayByte, TOKENS, untokenise } from '../../scripts/untokenise.js';
import { runScript } from '../../virtual-board/interpreter/script.js';
import { describeWithInterpreter } from '../interpreter/with-interpreter.js';

const RUNS = { numRuns: 300 };

/** As a minifier writes it. */
const minified = (text: string): string => {
  const source = ts.createSourceFile('a.js', text, ts.ScriptTarget.ES5, true, ts.ScriptKind.JS);
  return ts.createPrinter({ removeComments: true }).printFile(source).replace(/\s+/g, ' ').trim();
};

/** With the words that a minifier writes otherwise. */
const tokenised = (text: string): string => text.replace(/!\s*0\b/g, 'true').replace(/!\s*1\b/g, 'false').replace(/void 0\b/g, 'undefined');

/** Kinds and texts of all leaves, in the order of the tree. */
function treeOf(text: string): string {
  const shapeOf = (node: ts.Node): string => {
    const inside: string[] = [];
    ts.forEachChild(node, (child) => void inside.push(shapeOf(child)));
    return `${ts.SyntaxKind[node.kind]}(${inside.join() || node.getText()})`;
  };
  return shapeOf(ts.createSourceFile('a.js', text, ts.ScriptTarget.ES5, true, ts.ScriptKind.JS));
}

/** Expressions of numbers, one way or other; a value is `a`, `b` or a small number. */
const expression = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof({ maxDepth: 4, depthSize: 'small' },
    fc.constantFrom('a', 'b', 'c.in', '0', '1', '7', '.5', '4096', 'true', 'false', 'null', 'void 0', '!0', '!1', '"if"', "'a\\'return'"),
    fc.tuple(fc.constantFrom('-', '+', '!', '~', 'typeof ', 'void ', '- -', '+ +', '! ', '- --', '+ ++'), tie('node')).map(([mark, operand]) => (
      /--|\+\+/.test(mark) ? `${mark}a` : `${mark} (${operand})`)),
    fc.tuple(tie('node'), fc.constantFrom(...'+ - * % & | ^ << >> >>> < > <= >= == != === !== && ||'.split(' ')), tie('node')).map((parts) => parts.join(' ')),
    fc.tuple(tie('node'), tie('node'), tie('node')).map(([test, yes, no]) => `(${test} ? ${yes} : ${no})`),
    fc.tuple(fc.constantFrom(...'= += -= *= %= &= |= ^= <<= >>= >>>='.split(' ')), tie('node')).map(([mark, value]) => `(b ${mark} ${value})`),
    fc.tuple(tie('node')).map(([value]) => `(${value}) - - a + + b - -1`),
    fc.constantFrom('a-- - --b', 'a++ + ++b', '"in" in c', 'c instanceof Object', '(/["]=+/.test("a") || 8) / 2', 'new Uint8Array(3).length'),
  ),
})).node;

describe("a text in Espruino's tokens", () => {
  test.each([
    ['words and operators', 'function f(a){var b=a>>>0;return b===1||a!=2?new Uint8Array(b):b<<=3}', '\xaaf(a){\xacb=a\x930;\xabb\x8b1\xa0a\x8c2?\xb8Uint8Array(b):b\x903}'],
    ['negative numbers and two signs', 'return-1;a- -b;a-- -b;a- --b;a+ +b', '\xab-1;a- -b;a\x99-b;a-\x99b;a+ +b'],
    ['names of properties', 'a.delete.in={default:1,"if":2,for:a.of}', 'a.delete.in={default:1,"if":2,for:a.of}'],
    ['texts and regular expressions', 'a="return a==b";b=/if|==\\/in/g.test(\'\\\'in\')', 'a="return a==b";b=/if|==\\/in/g.test(\'\\\'in\')'],
    ["Espruino's for-of", 'for(a[0]of b)c(of.of)', '\xa7(a[0]\xc6b)c(of.of)'],
    ['what a minifier wrote for a word', 'return!0;a=!1;b=void 0===c?void 1:!a', '\xab\xb4;a=\xb5;b=\xb7\x8bc?\xc01:!a'],
    ['a number before a word', 'a=1 in b;throw 1..a', 'a=1\xb9b;\xb01..a'],
  ])('%s', (_what, words, tokens) => {
    expect(tokenise(words)).toBe(tokens);
    expect(tokenise(untokenise(tokens))).toBe(tokens);
  });

  test('comes back as words with the same tree, whatever the expression', () => {
    fc.assert(fc.property(expression, (text) => {
      const words = minified(`a=${text};if(${text})return(${text})`);
      const tokens = tokenise(words);
      const spelled = untokenise(tokens);
      expect(treeOf(spelled)).toBe(treeOf(tokenised(words)));
      expect(tokenise(spelled)).toBe(tokens);
      expect(tokens.length).toBeLessThan(words.length);
    }), RUNS);
  });

  test('is refused where Espruino would take a division for a regular expression', () => {
    expect(() => tokenise('a++/b;c/=d')).toThrow('Espruino would not read this as it is meant: /b;c/=d');
    expect(() => tokenise('a=/[/]b/')).toThrow('Espruino would not read this as it is meant: /[/]b/');
    expect(tokenise('(a++)/b')).toBe('(a\x98)/b');
  });

  test('a byte that is no token of words is found; words alone stay as they are', () => {
    expect(untokenise('a="\xe9"//\x8a')).toBe('a="\xe9"//\x8a');
    expect(() => untokenise('a=\xd1\x01b')).toThrow("byte 209 at 2 is no token of Espruino's");
    expect(strayByte('if(a=="b")\xab/c\\//\xb9d')).toBe(-1);
    for (const [text, at] of [['a="\xab"', 3], ['\xab/\xab/', 2], ['a//\xab', 3], ['\xab\0', 1], ['\x7f', 0], ['a\xfe', 1]] as const) expect(strayByte(text)).toBe(at);
  });

  test('every shipped bundle: its words make the same tokens, and hold no other byte', async () => {
    const boot = await buildBootloader({ family: 'esp32' });
    for (const text of [...boot.text.split('\0').slice(0, -1), await buildApp({ family: 'esp32', version: '1.0.0' })]) {
      const words = untokenise(text);
      expect(words).toMatch(/^[\n -~]*$/);
      expect(strayByte(text)).toBe(-1);
      // What stands for a place in the file is padded with blanks, which tokens do not need.
      const padded = /\(".boot0", *\d+, *\d+\)|sentences:[\d +]*/g;
      const bare = (each: string): string => each.replace(padded, (place) => place.replace(/ /g, ''));
      expect(tokenise(bare(words)) === bare(text)).toBe(true);
      expect(words.length - text.length).toBeGreaterThan(0);
    }
  }, 240_000);
});

describeWithInterpreter("a text in Espruino's tokens, on the real interpreter", () => {
  test('has the same values as in words', async () => {
    const samples = fc.sample(expression, { numRuns: 250, seed: 20261 }).map(minified);
    const words = samples.map((text) => `(function(a,b,c){return[${text.replace(/;$/, '')},a,b]})(3,-5,{in:2})`);
    const shown = (text: string, at: number): string => `print("AT ${at} "+eval(${JSON.stringify(text)}).map(function(v){return typeof v+v;}).join());`;
    const valuesOf = async (texts: string[]): Promise<string[]> => (await runScript(texts.map(shown).join('\n'), { timeoutMs: 60_000 })).match(/^AT .*$/gm) ?? [];
    const values = await valuesOf(words);
    expect(values).toHaveLength(words.length);
    expect(await valuesOf(words.map(tokenise))).toEqual(values);
  }, 120_000);

  test('every word of the language is read as what it is', async () => {
    const program = `(function(){
      var out=[],a=0,o={default:1,in:2},e;
      for(a in o)out.push(a);
      for(o.in of[5,6])out.push(o.in);
      do{a=1;break}while(a);
      while(a<9){a++;if(a===4)continue;else if(a>=7)break}
      switch(a){case 7:out.push("seven");break;default:out.push("other")}
      try{throw"thrown"}catch(e){out.push(e)}finally{out.push("finally")}
      function F(){this.b=!0}
      e=new F;out.push(e.b,e instanceof F,typeof e.c,void 0===e.c,!1,null);
      delete e.b;out.push("b"in e);
      a=255;a<<=2;out.push(a);a>>=1;out.push(a);a>>>=1;out.push(a);a+=1;a-=2;a*=3;a%=100;a&=62;a|=1;a^=8;a/=2;out.push(a,a!=1,a!==1,a<=1,a==1,1&&2,0||3);
      a--;out.push(a,--a,void a,-7>>>28,-7>>1,1<<4);
      return out})()`.replace(/\n */g, '');
    const tokens = tokenise(program);
    const used = new Set([...tokens].filter((each) => each > '\x7f'));
    const newer = ['=>', 'let', 'const', 'debugger', 'class', 'extends', 'super', 'static', '??'];
    expect([...TOKENS].filter(([word, token]) => !used.has(token) && !newer.includes(word))).toEqual([]);
    const printed = await runScript(`print("OUT "+JSON.stringify(eval(${JSON.stringify(program)})));print("OUT "+JSON.stringify(eval(${JSON.stringify(tokens)})))`);
    const [one, other] = printed.match(/^OUT .*$/gm)!;
    expect(one).toContain('"seven","thrown","finally",true,true,"undefined",true,false,null,false,1020,510,255,');
    expect(other).toBe(one);
  }, 60_000);
});
