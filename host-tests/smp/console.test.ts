/** SMP's console framing: what is written is read again, text and damage cost one frame at most. */
import { crc16xmodem } from 'crc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineLink, lineTools, linesOf } from '../../cli/smp/link.js';
import { createCrc16, createLineReader } from '../../firmware/smp/console.js';
import { serveSerial } from '../../firmware/transports/serial.js';

const crc16 = createCrc16();
const binary = fc.uint8Array({ minLength: 1, maxLength: 700 }).map((data) => Buffer.from(data).toString('latin1'));

function reader(limit = 1472): { take: (text: string) => void; frames: string[] } {
  const frames: string[] = [];
  return { take: createLineReader(lineTools, crc16, limit, (frame) => frames.push(frame)), frames };
}

describe('the console framing', () => {
  it('computes the CRC that others compute', () => {
    expect(crc16(lineTools.toBytes('123456789'), 0)).toBe(0x31c3);
    fc.assert(fc.property(binary, (data) => {
      expect(crc16(lineTools.toBytes(data), 0)).toBe(crc16xmodem(Buffer.from(data, 'latin1')));
    }));
  });

  it('writes lines of at most 127 characters that begin with their marks', () => {
    const lines = linesOf('x'.repeat(500)).split('\n');
    expect(lines.pop()).toBe('');
    expect(lines[0]!.startsWith('\x06\x09')).toBe(true);
    lines.slice(1).forEach((line) => expect(line.startsWith('\x04\x14')).toBe(true));
    lines.forEach((line) => {
      expect(line.length + 1).toBeLessThanOrEqual(127);
      expect((line.length - 2) % 4).toBe(0);
    });
  });

  it('reads what it wrote, in pieces of any size, between text for people', () => {
    fc.assert(fc.property(fc.array(binary, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 90 }), fc.boolean(), (sent, piece, chatty) => {
      const { take, frames } = reader();
      const text = sent.map((frame) => (chatty ? 'boot: ready\r\n>' : '') + linesOf(frame)).join('');
      for (let at = 0; at < text.length; at += piece) take(text.substring(at, at + piece));
      expect(frames).toEqual(sent);
    }));
  });

  it('writes frames of every length, also where a line ends just before, in or behind the CRC', () => {
    for (let length = 1; length < 300; length++) {
      const { take, frames } = reader();
      const frame = 'x'.repeat(length);
      linesOf(frame).split('\n').forEach((line) => expect(line.length).toBeLessThanOrEqual(126));
      take(linesOf(frame));
      expect(frames).toEqual([frame]);
    }
  });

  it('joins client and server over a wire, answers one after the other', () => {
    const turns: (() => void)[] = [];
    let toLock: (data: string) => void = () => undefined;
    let toHost: (data: string) => void = () => undefined;
    serveSerial({ ...lineTools, later: (turn) => turns.push(turn), onData: (take) => (toLock = take), write: (data) => toHost(data) }, {
      receive: (frame, reply) => [1, 2, 3].forEach((n) => reply(frame.repeat(n * 40))),
    });
    const link = lineLink({ write: (data) => toLock(data), onData: (take) => (toHost = take), close: () => undefined });
    const answers: string[] = [];
    link.onFrame((frame) => answers.push(frame));
    link.send('abcd');
    expect(answers).toEqual([]);
    while (turns.length) turns.shift()!();
    link.send('efgh');
    while (turns.length) turns.shift()!();
    expect(answers).toEqual(['abcd', 'efgh'].flatMap((text) => [1, 2, 3].map((n) => text.repeat(n * 40))));
  });

  it('drops a damaged frame and takes the next', () => {
    fc.assert(fc.property(binary, binary, fc.nat(), fc.integer({ min: 1, max: 255 }), (first, second, at, flip) => {
      const lines = linesOf(first);
      const where = at % lines.length;
      const damaged = lines.slice(0, where) + String.fromCharCode(lines.charCodeAt(where) ^ flip) + lines.slice(where + 1);
      const { take, frames } = reader();
      take(damaged + '\n' + linesOf(second));
      // A flip can turn a character of base64 into a line feed or spoil the end of the line; it can never forge a frame.
      frames.forEach((frame) => expect([first, second]).toContain(frame));
      expect(frames[frames.length - 1]).toBe(second);
    }));
  });

  it('refuses frames longer than it was told to take, before they are complete', () => {
    const { take, frames } = reader(100);
    take(linesOf('x'.repeat(101)));
    take(linesOf('y'.repeat(100)));
    expect(frames).toEqual(['y'.repeat(100)]);
  });

  it('stands any flood without a line feed', () => {
    const { take, frames } = reader();
    for (let i = 0; i < 1000; i++) take('\x06\x09' + 'A'.repeat(100));
    take('\n' + linesOf('still here'));
    expect(frames).toEqual(['still here']);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.constantFrom('\x06\x09', '\x04\x14', '\n', 'AAEC'), binary), { maxLength: 30 }), (pieces) => {
      const { take } = reader();
      pieces.forEach(take);
    }));
  });
});
