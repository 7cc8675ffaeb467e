import { describe, expect, it } from 'vitest';
import { beepsInWords } from '../../cli/virtual/listen.js';

describe('beeps in words', () => {
  it('leaves out the ticks that only answer keys', () => {
    expect(beepsInWords('kkk', 3)).toBe('');
    expect(beepsInWords('k-k-kk', 4)).toBe('');
    expect(beepsInWords('kkkkl', 4)).toBe('one long beep: accepted');
    expect(beepsInWords('l-kkkkkkls', 7)).toBe('one long beep: accepted; then long, short: the menu is open');
  });

  it('tells two ticks that nobody asked for from two keys', () => {
    expect(beepsInWords('kk', 1)).toBe('two ticks: wait');
    expect(beepsInWords('kk', 2)).toBe('');
  });

  it('knows patterns that follow one another, and error codes', () => {
    expect(beepsInWords('sss', 0)).toBe('three short beeps: refused');
    expect(beepsInWords('l-sl', 0)).toBe('one long beep, then short, long: accepted, but fit fresh cells soon');
    expect(beepsInWords('sls-lllss-l', 0)).toBe('beeps code 0xE4: flash did not keep what was written');
    expect(beepsInWords('ksls-ls-lsss-lss', 1)).toBe('beeps code 0x57: that code is taken; then long, short, short: type a new code');
    expect(beepsInWords('sk-s-ss-sk-lss', 0)).toBe('beeps the number 12; then long, short, short: type a new code');
  });

  it('spells out what it does not know', () => {
    expect(beepsInWords('ll', 0)).toBe('beeps: long, long');
  });
});
