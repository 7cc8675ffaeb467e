/** The SMP server of a lock is there only while somebody talks to it. Nobody who talks to it should notice. */
import { describe, expect, it } from 'vitest';
import { BATTERY_LOADED_LOW, formatCode, FRAME_TOO_LONG } from '../../firmware/errors.js';
import { openService } from '../../firmware/service.js';
import { replyOf, requestOf } from '../smp/frames.js';
import { createBench, slotBytes, type Bench } from './bench.js';
import { imageOf, sha256 } from './images.js';

const image = imageOf();
const ECHO = requestOf(0, 0, { d: 'anybody there?' });

/** One request, with the lock's heartbeat going on while it is answered and for `afterMs` behind that. */
function ask(bench: Bench, frame: string, afterMs = 0): Record<string, unknown>[] {
  const replies: string[] = [];
  bench.service.receive(frame, (reply) => replies.push(reply));
  live(bench, 1000);
  live(bench, afterMs);
  return replies.map((reply) => replyOf(reply).body);
}

/** Lets time pass as the lock's core does: once a second an idle server may go. */
function live(bench: Bench, ms: number): void {
  for (let passed = 0; passed < ms; passed += 1000) {
    bench.pass(1000);
    bench.service.tidy();
  }
}

function upload(bench: Bench, pauseMs: number): Record<string, unknown> {
  let answer: Record<string, unknown> = { off: 0 };
  for (let sent = 0; Number(answer['off']) < image.file.length; sent++) {
    if (sent > 1000) throw new Error(`the upload does not get on from ${String(answer['off'])}`);
    const off = Number(answer['off']);
    const data = image.file.slice(off, off + 1200);
    [answer = {}] = ask(bench, requestOf(1, 1, off ? { off, data } : { off, data, len: image.file.length, sha: sha256(image.file) }), pauseMs);
    expect(answer).toHaveProperty('off');
  }
  return answer;
}

describe('the server of a lock', () => {
  it('is not made before somebody asks, serves all who ask, and goes ten seconds after the last', () => {
    const bench = createBench();
    live(bench, 60_000);
    expect(bench.made).toBe(0);
    for (let i = 0; i < 5; i++) expect(ask(bench, ECHO, 5000)).toEqual([{ r: 'anybody there?' }]);
    expect(bench.made).toBe(1);
    live(bench, 12_000);
    expect(ask(bench, ECHO)).toEqual([{ r: 'anybody there?' }]);
    expect(bench.made).toBe(2);
  });

  it('is not made while somebody is at the door: the first four frames wait, and are answered in order', () => {
    const bench = createBench();
    bench.doorBusy = true;
    const replies: string[] = [];
    for (let i = 0; i < 6; i++) bench.service.receive(requestOf(0, 0, { d: String(i) }), (reply) => replies.push(reply));
    live(bench, 3000);
    expect([bench.made, replies.length]).toEqual([0, 0]);
    bench.doorBusy = false;
    live(bench, 1000);
    expect(replies.map((reply) => replyOf(reply).body['r'])).toEqual(['0', '1', '2', '3']);
    expect(bench.made).toBe(1);
  });

  it('refuses a frame that is too long with its code, also one that came while somebody was at the door', () => {
    const bench = createBench();
    bench.doorBusy = true;
    const long = requestOf(0, 0, { d: 'x'.repeat(60_000) });
    const replies: string[] = [];
    let kept = 0;
    const service = openService(bench.platform, () => bench.doorBusy, () => () => ({
      ...bench.server,
      receive: (frame, reply) => {
        kept = frame.length;
        bench.server.receive(frame, reply);
      },
    }));
    service.receive(long, (reply) => replies.push(reply));
    bench.doorBusy = false;
    bench.pass(1000);
    expect(replies.map((reply) => replyOf(reply).body)).toEqual([{ rc: 7, rsn: expect.stringContaining(formatCode(FRAME_TOO_LONG)) as string }]);
    expect(kept).toBeLessThan(1500);
  });

  it('that cannot be made answers nobody, says so, and is tried again for the next one who asks', () => {
    const bench = createBench();
    const replies: string[] = [];
    let broken = true;
    const service = openService(bench.platform, () => false, () => {
      if (broken) throw new Error('no memory');
      return () => bench.server;
    });
    service.receive(ECHO, (reply) => replies.push(reply));
    bench.pass(1000);
    expect([replies.length, bench.log]).toEqual([0, ['no server: Error: no memory']]);
    broken = false;
    service.receive(ECHO, (reply) => replies.push(reply));
    bench.pass(1000);
    expect(replies.map((reply) => replyOf(reply).body)).toEqual([{ r: 'anybody there?' }]);
  });

  it('may go between any two chunks of an upload: what was in RAM is asked for again, and every page is written once', () => {
    const bench = createBench();
    bench.openWindow();
    expect(upload(bench, 0)).toMatchObject({ off: image.file.length, match: true });
    expect(bench.made).toBe(1);

    const slow = createBench();
    slow.openWindow();
    expect(upload(slow, 60_000)).toMatchObject({ match: true });

    const rude = createBench();
    rude.openWindow();
    // Too long a pause costs what is in RAM, so this client takes one only now and then.
    let chunks = 0;
    let answer: Record<string, unknown> = { off: 0 };
    while (Number(answer['off']) < image.file.length) {
      const off = Number(answer['off']);
      const data = image.file.slice(off, off + 1200);
      const pauseMs = ++chunks % 7 ? 0 : 130_000;
      [answer = {}] = ask(rude, requestOf(1, 1, off ? { off, data } : { off, data, len: image.file.length, sha: sha256(image.file) }), pauseMs);
      expect(chunks).toBeLessThan(1000);
    }
    expect(answer).toMatchObject({ match: true });
    expect(rude.made).toBeGreaterThan(2);
    expect(Buffer.from(slotBytes(rude, 1)).subarray(0, image.file.length).equals(image.file)).toBe(true);
  });

  it('stays while an upload waits for the battery, and gives up with a reason after ten minutes', () => {
    const bench = createBench();
    bench.openWindow();
    const off = 0;
    ask(bench, requestOf(1, 1, { off, data: image.file.slice(0, 1400), len: image.file.length, sha: sha256(image.file) }));
    ask(bench, requestOf(1, 1, { off: 1400, data: image.file.slice(1400, 2800) }));
    bench.loaded = BATTERY_LOADED_LOW;
    expect(ask(bench, requestOf(1, 1, { off: 2800, data: image.file.slice(2800, 4200) }), 5000)[0]).toMatchObject({ rc: 10, rsn: expect.stringContaining('battery sags') });
    live(bench, 300_000);
    expect(bench.made).toBe(1);
    live(bench, 320_000);
    expect(bench.log).toContain('OTA aborted: battery');
    live(bench, 12_000);
    ask(bench, ECHO);
    expect(bench.made).toBe(2);
  });

  it('is a new one in the same window: what the window grants is not granted again', () => {
    const bench = createBench();
    bench.openWindow();
    const erase = (): Record<string, unknown> | undefined => ask(bench, requestOf(1, 5, { slot: 1 }), 15_000)[0];
    for (let i = 0; i < 3; i++) expect(erase()).toEqual({});
    expect(erase()).toMatchObject({ rc: 11 });
    expect(bench.made).toBe(4);
  });
});
