/** SMP's console framing: what is written is read again, text and damage cost one frame at most. */
import { crc16xmodem } from 'crc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc16, createLineReader, linesOf } from '../../firmware/smp/console.js';

const base64 = { encode: btoa, decode: atob };
const binary = fc.uint8Array({ minLength: 1, maxLength: 700 }).map((data) => Buffer.from(data).toString('latin1'));

function reader(limit = 1472): { take: (text: string) => void; frames: string[] } {
  const frames: string[] = [];
  return { take: createLineReader(base64, limit, (frame) => frames.push(frame)), frames };
}

describe('the console framing', () => {
  it('computes the CRC that others compute', () => {
    expect(crc16('123456789', 0)).toBe(0x31c3);
    fc.assert(fc.property(binary, (data) => {
      expect(crc16(data, 0)).toBe(crc16xmodem(Buffer.from(data, 'latin1')));
    }));
  });

  it('writes lines of at most 127 characters that begin with their marks', () => {
    const lines = linesOf('x'.repeat(500), base64).split('\n');
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
      const text = sent.map((frame) => (chatty ? 'boot: ready\r\n>' : '') + linesOf(frame, base64)).join('');
      for (let at = 0; at < text.length; at += piece) take(text.substring(at, at + piece));
      expect(frames).toEqual(sent);
    }));
  });

  it('drops a damaged frame and takes the next', () => {
    fc.assert(fc.property(binary, binary, fc.nat(), fc.integer({ min: 1, max: 255 }), (first, second, at, flip) => {
      const lines = linesOf(first, base64);
      const where = at % lines.length;
      const damaged = lines.slice(0, where) + String.fromCharCode(lines.charCodeAt(where) ^ flip) + lines.slice(where + 1);
      const { take, frames } = reader();
      take(damaged + '\n' + linesOf(second, base64));
      // A flip can turn a character of base64 into a line feed or spoil the end of the line; it can never forge a frame.
      frames.forEach((frame) => expect([first, second]).toContain(frame));
      expect(frames[frames.length - 1]).toBe(second);
    }));
  });

  it('refuses frames longer than it was told to take, before they are complete', () => {
    const { take, frames } = reader(100);
    take(linesOf('x'.repeat(101), base64));
    take(linesOf('y'.repeat(100), base64));
    expect(frames).toEqual(['y'.repeat(100)]);
  });

  it('stands any flood without a line feed', () => {
    const { take, frames } = reader();
    for (let i = 0; i < 1000; i++) take('\x06\x09' + 'A'.repeat(100));
    take('\n' + linesOf('still here', base64));
    expect(frames).toEqual(['still here']);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.constantFrom('\x06\x09', '\x04\x14', '\n', 'AAEC'), binary), { maxLength: 30 }), (pieces) => {
      const { take } = reader();
      pieces.forEach(take);
    }));
  });
});
