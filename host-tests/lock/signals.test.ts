/** What light and beeper do: patterns that people can tell apart, alarms, quiet mode, and keys that interrupt. */
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../firmware/error-table.js';
import { LED_SETTINGS, readSettings, SOUND_VOLUME } from '../../firmware/lock/settings.js';
import * as signals from '../../firmware/lock/signals.js';
import { digitPattern, errorPattern, numberPattern, openSignals, type Signals } from '../../firmware/lock/signals.js';
import type { Platform } from '../../firmware/platform/types.js';
import { World } from './world.js';

const LIGHT = 13;
const BEEPER = 14;
const GAP_MS = 120;
const PAUSE_MS = GAP_MS + 500;

interface Blink { pin: number; onMs: number; forMs: number }

/** Light and beeper in simulated time. */
class Bench {
  now = 0;
  readonly settings = readSettings(undefined);
  readonly blinks: Blink[] = [];
  readonly signals: Signals;
  private readonly since = new Map<number, number>();
  private timers: { id: number; at: number; turn: () => void }[] = [];
  private nextId = 1;

  constructor(withSettings = true) {
    const platform: Platform = {
      ...new World().platform,
      nowMs: () => this.now,
      after: (delayMs, turn) => {
        this.timers.push({ id: this.nextId, at: this.now + delayMs, turn });
        return this.nextId++;
      },
      cancel: (id) => { this.timers = this.timers.filter((timer) => timer.id !== id); },
    };
    platform.pins = { ...platform.pins, write: (pin, level) => this.set(pin, level), tone: (pin, hz) => this.set(pin, hz ? 1 : 0) };
    this.signals = openSignals(platform, { pin: LIGHT, active: 1 }, { pin: BEEPER, hz: 2700 }, withSettings ? this.settings : undefined);
  }

  private set(pin: number, level: number): void {
    const from = this.since.get(pin);
    if (level && from === undefined) this.since.set(pin, this.now);
    if (level || from === undefined) return;
    this.since.delete(pin);
    this.blinks.push({ pin, onMs: from, forMs: this.now - from });
  }

  isOn(pin: number): boolean {
    return this.since.has(pin);
  }

  pass(ms: number): void {
    for (const until = this.now + ms; ;) {
      const due = this.timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (!due) {
        this.now = until;
        return;
      }
      this.timers = this.timers.filter((timer) => timer !== due);
      this.now = due.at;
      due.turn();
    }
  }

  /** Groups of blinks of a pin with a pause between them: lengths in ms. */
  groups(pin: number): number[][] {
    const groups: number[][] = [];
    let end = -Infinity;
    for (const { onMs, forMs } of this.blinks.filter((blink) => blink.pin === pin)) {
      if (onMs - end > PAUSE_MS - 1) groups.push([]);
      groups.at(-1)!.push(forMs);
      end = onMs + forMs;
    }
    return groups;
  }
}

/** What one hears of a pattern. */
function heard(pattern: string, volume = 2): number[][] {
  const bench = new Bench();
  bench.settings[SOUND_VOLUME] = volume;
  bench.signals.play(pattern);
  bench.pass(60_000);
  return bench.groups(BEEPER);
}

/** Each pattern that is ever played or held, and what it means. A prompt or a warning may follow an answer: then it says the answer first. */
function vocabulary(): Map<string, string> {
  const words = new Map<string, string>();
  const add = (pattern: string, meaning: string): void => {
    expect(words.get(pattern) ?? meaning, pattern).toBe(meaning);
    words.set(pattern, meaning);
  };
  const held = ['WINDOW', 'SAFE_MODE'];
  for (const [name, pattern] of Object.entries(signals)) if (typeof pattern === 'string' && !held.includes(name)) add(pattern, name);
  for (const entry of ERRORS) add(errorPattern(entry.code), entry.name);
  for (let number = 0; number <= 255; number++) add(numberPattern(number), `number ${number}`);
  return words;
}

describe('patterns', () => {
  const words = vocabulary();

  it('are each heard otherwise than all others, in normal and in quiet mode', () => {
    for (const volume of [1, 2]) {
      const seen = new Map<string, string>();
      for (const [pattern, meaning] of words) {
        const sound = JSON.stringify(heard(pattern, volume).map((group) => group.map(Math.round)));
        expect(seen.get(sound) ?? meaning).toBe(meaning);
        seen.set(sound, meaning);
      }
      expect(seen.size).toBe(words.size);
    }
  });

  it('are never the beginning of another one: what one hears before a pause is the whole of it, or a number follows', () => {
    const beginnings = new Set(['sls', 'sk']);
    for (const [pattern, meaning] of words) {
      const first = pattern.split('-')[0]!;
      if (pattern.includes('-')) expect(beginnings, meaning).toContain(first);
      else expect(beginnings, meaning).not.toContain(first);
      // Where a prompt follows, one knows where the number ends: after two hex digits, or at the second `sk`.
      if (first === 'sls') expect(pattern.split('-'), meaning).toHaveLength(3);
      if (first === 'sk') expect(pattern.indexOf('sk', 2), meaning).toBe(pattern.length - 2);
    }
  });

  it('consist of sounds whose lengths differ by a factor of two at least, and of pauses five times as long as gaps', () => {
    for (const volume of [1, 2]) {
      const [tick, short, long] = ['k', 's', 'l'].map((symbol) => heard(symbol, volume)[0]![0]!) as [number, number, number];
      expect(short / tick).toBeGreaterThanOrEqual(2);
      expect(long / short).toBeGreaterThanOrEqual(2);
    }
    expect(PAUSE_MS / GAP_MS).toBeGreaterThan(5);
  });

  it('read their numbers back: hex digits of a code, decimal digits of a number', () => {
    expect([0xe4, 0x86, 0x20, 0x53].map(errorPattern)).toEqual(['sls-lllss-l', 'sls-ll-lss', 'sls-ss-kk', 'sls-ls-sss']);
    expect([0, 7, 10, 250].map(numberPattern)).toEqual(['sk-kk-sk', 'sk-lsss-sk', 'sk-s-kk-sk', 'sk-ss-ls-kk-sk']);
    expect(new Set(Array.from({ length: 16 }, (_, digit) => digitPattern(digit))).size).toBe(16);
  });
});

describe('light and beeper', () => {
  it('go together', () => {
    const bench = new Bench(false);
    bench.signals.play('ks-l');
    bench.pass(3000);
    expect(bench.groups(BEEPER)).toEqual([[40, 100], [450]]);
    expect(bench.groups(LIGHT)).toEqual(bench.groups(BEEPER));
  });

  it('a key interrupts whatever plays, at any instant', () => {
    for (let at = 1; at < 2500; at += 7) {
      const bench = new Bench();
      bench.signals.play(errorPattern(0xe4));
      bench.pass(at);
      const before = bench.blinks.filter(({ pin }) => pin === BEEPER).length + (bench.isOn(BEEPER) ? 1 : 0);
      bench.signals.play('k');
      bench.pass(3000);
      const after = bench.blinks.filter(({ pin }) => pin === BEEPER);
      // A sound that was on is cut, or goes over into the key's tick; then there is the tick and nothing else.
      expect(after.length, `${at} ms`).toBe(before + 1);
      expect(after.at(-1)!.forMs).toBe(40);
      expect(bench.isOn(BEEPER) || bench.isOn(LIGHT)).toBe(false);
    }
  });

  it('what is held comes every two seconds on the light, and after a key again', () => {
    const bench = new Bench();
    bench.signals.hold('kk');
    bench.pass(10_000);
    expect(bench.groups(LIGHT).length).toBeGreaterThanOrEqual(4);
    expect(bench.groups(BEEPER)).toEqual([]);
    bench.signals.play('k');
    bench.pass(5000);
    expect(bench.groups(BEEPER)).toEqual([[40]]);
    const before = bench.blinks.length;
    bench.signals.hold('');
    bench.pass(10_000);
    expect(bench.blinks.length - before).toBeLessThanOrEqual(1);
    expect(bench.isOn(LIGHT)).toBe(false);
  });

  it('an alarm that is held sounds, lets each key be heard, and ends at once', () => {
    const bench = new Bench();
    bench.signals.hold(signals.FORCED);
    bench.pass(9000);
    expect(bench.groups(BEEPER).length).toBeGreaterThanOrEqual(2);
    expect(bench.groups(BEEPER)[0]).toEqual([450, 40, 450, 40]);
    const before = bench.blinks.length;
    bench.signals.play('k');
    bench.pass(200);
    expect(bench.blinks.slice(before).filter(({ pin }) => pin === BEEPER).at(-1)!.forMs).toBe(40);
    bench.pass(6000);
    bench.signals.hold('');
    const ended = bench.blinks.length;
    expect(bench.isOn(BEEPER) || bench.isOn(LIGHT)).toBe(false);
    bench.pass(10_000);
    expect(bench.blinks.length).toBe(ended);
  });
});

describe('settings', () => {
  function shown(pattern: string, volume: number, light: number): { light: number; beeper: number } {
    const bench = new Bench();
    bench.settings[SOUND_VOLUME] = volume;
    bench.settings[LED_SETTINGS] = light;
    bench.signals.play(pattern);
    bench.pass(10_000);
    const ms = (pin: number): number => Math.round(bench.groups(pin).flat().reduce((sum, each) => sum + each, 0));
    return { light: ms(LIGHT), beeper: ms(BEEPER) };
  }

  it('silent: light only, alarms too; quiet: a third of the time, alarms as ever', () => {
    expect(shown('ls', 2, 2)).toEqual({ light: 550, beeper: 550 });
    expect(shown('ls', 1, 2)).toEqual({ light: 183, beeper: 183 });
    expect(shown('ls', 0, 2)).toEqual({ light: 550, beeper: 0 });
    expect(shown(signals.FORCED, 2, 2)).toEqual({ light: 980, beeper: 980 });
    expect(shown(signals.FORCED, 1, 2)).toEqual({ light: 980, beeper: 980 });
    expect(shown(signals.FORCED, 0, 2)).toEqual({ light: 980, beeper: 0 });
  });

  it('light: none, alarms only, all', () => {
    expect(shown('ls', 2, 0)).toEqual({ light: 0, beeper: 550 });
    expect(shown('ls', 2, 1)).toEqual({ light: 0, beeper: 550 });
    expect(shown(signals.AJAR, 2, 1)).toEqual({ light: 280, beeper: 280 });
    expect(shown(signals.AJAR, 2, 0)).toEqual({ light: 0, beeper: 280 });
  });

  it('count at once, and never leave a light or a beep on', () => {
    const bench = new Bench();
    bench.signals.play('lll');
    bench.pass(100);
    bench.settings[SOUND_VOLUME] = 0;
    bench.settings[LED_SETTINGS] = 0;
    bench.pass(5000);
    expect(bench.groups(BEEPER)).toEqual([[450]]);
    expect(bench.groups(LIGHT)).toEqual([[450]]);
    expect(bench.isOn(BEEPER) || bench.isOn(LIGHT)).toBe(false);
  });
});
