/**
 * NOR flash as the firmware meets it: programming only turns ones into zeros, erasing works on whole pages, and power may fail
 * inside any operation. Every write is split as the chip does it, into programs of at most 256 bytes that never cross a 256-byte
 * boundary; these programs and the erases are the operations a cut can fall into.
 */
import type { FlashPort } from '../firmware/platform/types.js';
import { createRandom, type Random } from './random.js';

export const PAGE = 4096;
export const PROGRAM_BLOCK = 256;

/** One thing the chip does without being asked again. */
export interface FlashOperation {
  kind: 'program' | 'erase';
  /** Absolute address. */
  address: number;
  /** The same place, counted from the first byte of the model. */
  offset: number;
  length: number;
  /** What a program wants to store; empty for an erase. */
  data: Uint8Array;
}

/** Power fails at operation number `at` (counted like `operations`). `random` decides what a torn operation leaves. */
export interface CutPlan {
  at: number;
  how: 'before' | 'torn' | 'after';
  random?: Random;
}

/** Thrown by the operation power failed in, and by every access until `powerOn`. */
export class PowerCut extends Error {
  constructor(operation: number) {
    super(`power failed in flash operation ${operation}`);
    this.name = 'PowerCut';
  }
}

export interface NorOptions {
  base: number;
  /** Pages of 4096 bytes. */
  pages: number;
  random?: Random;
  /** Bytes one erase operation covers: 4096, or 1024 for Espruino on Linux (a page is then four operations). */
  eraseBytes?: 4096 | 1024;
}

export interface Nor {
  readonly base: number;
  readonly pages: number;
  readonly port: FlashPort;
  /** The content, live. */
  readonly bytes: Uint8Array;
  /** Operations begun so far. */
  operations: number;
  /** Called before each operation (also before one that is cut). */
  onOperation: ((operation: FlashOperation) => void) | undefined;
  cut: CutPlan | undefined;
  /** Power is off: every access throws. */
  off: boolean;
  /** Erase blocks (by number) whose last erase was cut short: they decay until erased completely. */
  readonly weak: Set<number>;
  /** Completed erases of each page (of four parts, the first counts). */
  readonly erases: Uint32Array;
  /** Pages that fail: programs lose a bit, or an erase leaves some zeros. */
  readonly bad: Map<number, 'program' | 'erase'>;
  /** A page erased more often than this no longer erases completely. */
  eraseLimit: number;
  /** Words programmed a second time without an erase between: some chips forbid it. */
  rewrites: number;
  /** Some time passes: weak pages may lose bits. */
  decay(): void;
  /** The next start: decays, and drops the cut plan. */
  powerOn(): void;
}

export function createNor(options: NorOptions): Nor {
  const { base, pages } = options;
  const random = options.random ?? createRandom(1);
  const eraseBytes = options.eraseBytes ?? PAGE;
  const bytes = new Uint8Array(pages * PAGE).fill(0xff);
  const programmed = new Uint8Array(bytes.length / 4);

  function offsetOf(address: number, length: number): number {
    const offset = address - base;
    if (!(Number.isInteger(offset) && offset >= 0 && length >= 0 && offset + length <= bytes.length)) {
      throw new RangeError(`flash access outside the chip: 0x${address.toString(16)} + ${length}`);
    }
    if (nor.off) throw new PowerCut(nor.operations);
    return offset;
  }

  function perform(operation: FlashOperation): void {
    const number = nor.operations++;
    nor.onOperation?.(operation);
    const cut = nor.cut?.at === number ? nor.cut : undefined;
    if (cut?.how === 'before') fail(number);
    if (cut?.how === 'torn') {
      if (applyTorn(operation, bytes, cut.random ?? random)) nor.weak.add(operation.offset / eraseBytes);
      programmed.fill(1, operation.offset / 4, (operation.offset + operation.length) / 4);
      fail(number);
    }
    if (operation.kind === 'erase') eraseBlock(operation);
    else program(operation);
    if (cut) fail(number);
  }

  function fail(number: number): never {
    nor.off = true;
    throw new PowerCut(number);
  }

  function eraseBlock(operation: FlashOperation): void {
    const page = Math.floor(operation.offset / PAGE);
    applyOperation(operation, bytes);
    nor.weak.delete(operation.offset / eraseBytes);
    programmed.fill(0, operation.offset / 4, (operation.offset + operation.length) / 4);
    if (operation.offset % PAGE === 0) nor.erases[page]!++;
    if (nor.bad.get(page) !== 'erase' && nor.erases[page]! <= nor.eraseLimit) return;
    for (let n = 0; n < 5; n++) bytes[operation.offset + random.int(operation.length)]! &= random.int(255);
  }

  function program(operation: FlashOperation): void {
    for (let at = 0; at < operation.length; at += 4) {
      if (operation.data.subarray(at, at + 4).every((byte) => byte === 0xff)) continue;
      const word = (operation.offset + at) / 4;
      if (programmed[word]) nor.rewrites++;
      programmed[word] = 1;
    }
    const kept = nor.bad.get(Math.floor(operation.offset / PAGE)) === 'program' ? lostBit(operation) : undefined;
    applyOperation(operation, bytes);
    if (kept) bytes[kept.offset]! |= kept.bit;
  }

  /** A bit that a failing page does not take: the lowest zero of one byte of the data. */
  function lostBit(operation: FlashOperation): { offset: number; bit: number } | undefined {
    const at = operation.data.findIndex((byte) => byte !== 0xff);
    if (at < 0) return undefined;
    const zeros = ~operation.data[at]! & 0xff;
    return { offset: operation.offset + at, bit: zeros & -zeros & bytes[operation.offset + at]! };
  }

  const port: FlashPort = {
    read: (length, address) => {
      const offset = offsetOf(address, length);
      return bytes.slice(offset, offset + length);
    },
    text: (address, length) => {
      const offset = offsetOf(address, length);
      return Buffer.from(bytes.buffer, bytes.byteOffset + offset, length).toString('latin1');
    },
    write: (data, address) => {
      const source = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
      const start = offsetOf(address, source.length);
      if (start % 4 || source.length % 4) throw new RangeError(`flash write not aligned: 0x${address.toString(16)} + ${source.length}`);
      for (let at = 0; at < source.length;) {
        const offset = start + at;
        const length = Math.min(PROGRAM_BLOCK - (offset % PROGRAM_BLOCK), source.length - at);
        perform({ kind: 'program', address: base + offset, offset, length, data: Uint8Array.from(source.subarray(at, at + length)) });
        at += length;
      }
    },
    erase: (address) => {
      const page = offsetOf(address, PAGE);
      if (page % PAGE) throw new RangeError(`flash erase not at a page: 0x${address.toString(16)}`);
      for (let offset = page; offset < page + PAGE; offset += eraseBytes) {
        perform({ kind: 'erase', address: base + offset, offset, length: eraseBytes, data: new Uint8Array(0) });
      }
    },
  };

  const nor: Nor = {
    base, pages, port, bytes,
    operations: 0, onOperation: undefined, cut: undefined, off: false,
    weak: new Set(), erases: new Uint32Array(pages), bad: new Map(), eraseLimit: Infinity, rewrites: 0,
    decay: () => {
      for (const block of nor.weak) if (random.int(2)) decayBlock(bytes, block * eraseBytes, eraseBytes, random);
    },
    powerOn: () => {
      nor.off = false;
      nor.cut = undefined;
      nor.decay();
    },
  };
  return nor;
}

/** What a completed operation does to `bytes`. */
export function applyOperation(operation: FlashOperation, bytes: Uint8Array): void {
  const { offset, length, data } = operation;
  if (operation.kind === 'erase') bytes.fill(0xff, offset, offset + length);
  else for (let at = 0; at < length; at++) bytes[offset + at]! &= data[at]!;
}

/**
 * What an operation cut short may leave. A program: its first words, then one word of which any bits may be set to zero. An erase:
 * nothing done, a page of old, new and random bits, a part of the page, or a page that reads 0xFF. Returns true if the page is weak from now on: a
 * half-done erase reads one way now and another way later (`decayBlock`), until it is erased completely.
 */
export function applyTorn(operation: FlashOperation, bytes: Uint8Array, random: Random): boolean {
  const { offset, length, data } = operation;
  if (operation.kind === 'program') {
    const whole = random.int(length / 4) * 4;
    for (let at = 0; at < whole; at++) bytes[offset + at]! &= data[at]!;
    for (let at = whole; at < whole + 4; at++) bytes[offset + at]! &= random.int(256);
    return false;
  }
  const outcome = random.int(4);
  if (outcome === 0) return false;
  // Reads blank all over; random all over; or a part of the page is blank or random and the rest is as it was.
  const from = outcome === 3 ? random.int(length) : 0;
  const to = outcome === 3 ? from + 1 + random.int(length - from) : length;
  const blank = outcome === 1 || (outcome === 3 && random.int(2) === 0);
  for (let at = offset + from; at < offset + to; at++) bytes[at] = blank ? 0xff : (bytes[at]! | random.int(256)) & (random.int(8) ? 0xff : random.int(256));
  return true;
}

/** A weak block loses some bits: one to sixty-four of its ones read zero from now on. */
export function decayBlock(bytes: Uint8Array, offset: number, length: number, random: Random): void {
  for (let bits = 1 + random.int(64); bits > 0; bits--) bytes[offset + random.int(length)]! &= ~(1 << random.int(8));
}
