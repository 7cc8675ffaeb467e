/** Espruino's modules `Flash`, `Storage` and `crypto`, and the byte helpers of `E`, over the world's flash. */
import * as nodeCrypto from 'node:crypto';
import * as zlib from 'node:zlib';
import { PAGE_BYTES } from '../firmware/flash/layout.js';
import type { Session } from './session.js';
import { createStorage, type Storage } from './storage.js';
import type { World } from './world.js';

/** Milliseconds on an ESP32 (measured in an emulator at 250 MIPS, see docs/design.md). */
export const COST_MS = { call: 0.05, flashRead: 0.15, flashReadKb: 0.6, sha: 0.22, shaKb: 0.3, crcKb: 0.55, convertKb: 1, timer: 0.1, turn: 2 };

/** Bytes of whatever Espruino takes for data: text (one byte a character), typed arrays, arrays, numbers, `{data, count}`. */
export function bytesOf(data: unknown): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data, 'latin1');
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return Uint8Array.from(data as unknown as ArrayLike<number>);
  if (typeof data === 'number' || typeof data === 'boolean') return Uint8Array.of(Number(data));
  if (Array.isArray(data)) return Buffer.concat(data.map(bytesOf));
  if (data && typeof data === 'object' && 'data' in data && 'count' in data) {
    const once = bytesOf(data.data);
    return Buffer.concat(Array.from({ length: Number(data.count) }, () => once));
  }
  throw new Error(`Expecting something iterable, got ${data === null ? 'null' : typeof data}`);
}

export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

/** Storage on the world's flash, for checks and for the API. */
export function storageOf(world: World): Storage {
  const { nor } = world;
  return createStorage({
    base: nor.base, bytes: nor.pages * PAGE_BYTES, pageBytes: PAGE_BYTES,
    read: (address, length) => nor.bytes.subarray(address - nor.base, address - nor.base + length),
    write: (address, data) => writeUnaligned(world, address, data),
    erase: nor.port.erase,
  });
}

/** Pads to whole words with 0xFF, which programs nothing. */
function writeUnaligned(world: World, address: number, data: Uint8Array): void {
  const before = address % 4;
  if (!before && data.length % 4 === 0) return world.nor.port.write(data, address);
  const padded = new Uint8Array((before + data.length + 3) & ~3).fill(0xff);
  padded.set(data, before);
  world.nor.port.write(padded, address - before);
}

export function flashModule(session: Session): object {
  const { world, spend } = session;
  return {
    read(length: number, address: number) {
      spend(COST_MS.flashRead + (length / 1024) * COST_MS.flashReadKb);
      return length > 0 ? session.flash(() => new EspruinoUint8Array(world.nor.port.read(length, address))) : undefined;
    },
    write(data: unknown, address: number) {
      spend(COST_MS.flashRead);
      session.flash(() => writeUnaligned(world, address, bytesOf(data)));
    },
    erasePage(address: number) {
      spend(COST_MS.call);
      session.flash(() => world.nor.port.erase(address - (address % PAGE_BYTES)));
    },
    getPage(address: number) {
      spend(COST_MS.call);
      const offset = address - world.nor.base;
      return offset < 0 || offset >= world.nor.pages * PAGE_BYTES ? undefined : { addr: address - (address % PAGE_BYTES), length: PAGE_BYTES };
    },
    getFree: () => [],
  };
}

export function storageModule(session: Session, storage: Storage): object {
  const { world, spend } = session;
  function changing<T>(name: string, change: () => T): T {
    spend(COST_MS.call);
    world.violate('storage-write', `Storage.${name} on a provisioned board`);
    return session.flash(change);
  }
  return {
    read(name: string, offset?: number, length?: number) {
      spend(COST_MS.flashRead);
      return session.flash(() => storage.read(name, offset, length));
    },
    readArrayBuffer(name: string) {
      spend(COST_MS.flashRead);
      const text = session.flash(() => storage.read(name));
      return text === undefined ? undefined : Uint8Array.from(bytesOf(text)).buffer;
    },
    list() {
      spend(COST_MS.call);
      return storage.list();
    },
    getFree() {
      spend(COST_MS.call);
      return storage.getFree();
    },
    getStats() {
      spend(COST_MS.call);
      return { totalBytes: world.nor.pages * PAGE_BYTES, freeBytes: storage.getFree(), fileCount: storage.list().length };
    },
    write: (name: string, data: string, offset?: number, size?: number) => changing('write', () => storage.write(name, data, offset, size)),
    erase: (name: string) => changing('erase', () => storage.erase(name)),
    compact: () => changing('compact', () => storage.compact()),
    eraseAll: () => changing('eraseAll', () => storage.eraseAll()),
  };
}

/** `Uint8Array` as Espruino has it: `set` takes text and array buffers too, and stops at the end of the view instead of throwing. */
export class EspruinoUint8Array extends Uint8Array {
  override set(source: ArrayLike<number> | ArrayBuffer | string, offset = 0): void {
    const bytes = typeof source === 'string' ? Buffer.from(source, 'latin1') : source instanceof ArrayBuffer ? new Uint8Array(source) : source;
    const room = this.length - offset;
    if (bytes.length <= room) super.set(bytes, offset);
    else for (let index = 0; index < room; index++) this[offset + index] = bytes[index]!;
  }
}

export function cryptoModule(session: Session): object {
  return {
    SHA256(data: unknown) {
      const bytes = bytesOf(data);
      session.spend(COST_MS.sha + (bytes.length / 1024) * COST_MS.shaKb);
      // As text: a Buffer or a Hash object for each of the many short hashes would cost more than hashing.
      const text = nodeCrypto.hash('sha256', bytes, 'binary');
      const digest = new Uint8Array(32);
      for (let at = 0; at < 32; at++) digest[at] = text.charCodeAt(at);
      return digest.buffer;
    },
  };
}

/** The helpers of `E` that only look at bytes. */
export function byteHelpers(session: Session): object {
  const spendKb = (bytes: Uint8Array, perKb: number): Uint8Array => {
    session.spend(COST_MS.call + (bytes.length / 1024) * perKb);
    return bytes;
  };
  const gather = (args: unknown[]): Uint8Array => spendKb(args.length === 1 ? bytesOf(args[0]) : bytesOf(args), COST_MS.convertKb);
  return {
    CRC32: (data: unknown) => zlib.crc32(spendKb(bytesOf(data), COST_MS.crcKb)),
    toString: (...args: unknown[]) => textOf(gather(args)),
    toFlatString: (...args: unknown[]) => textOf(gather(args)),
    toUint8Array: (...args: unknown[]) => new EspruinoUint8Array(gather(args)),
    toArrayBuffer: (text: string) => Uint8Array.from(gather([text])).buffer,
    sum: (data: unknown) => spendKb(bytesOf(data), COST_MS.convertKb).reduce((total, byte) => total + byte, 0),
    variance: (data: unknown, mean: number) => bytesOf(data).reduce((total, byte) => total + (byte - mean) ** 2, 0),
    mapInPlace(from: ArrayLike<number>, to: { length: number; [index: number]: number }, map?: unknown, bits = 0) {
      session.spend(COST_MS.call + (from.length / 1024) * COST_MS.convertKb);
      const width = Math.abs(bits) || 8;
      let held = 0;
      let count = 0;
      let next = 0;
      for (let index = 0; index < to.length && (next < from.length || count >= width); index++) {
        for (; count < width; count += 8) held = bits < 0 ? held | ((from[next++] ?? 0) << count) : (held << 8) | (from[next++] ?? 0);
        const value = (bits < 0 ? held : held >> (count - width)) & ((1 << width) - 1);
        if (bits < 0) held >>= width;
        count -= width;
        if (typeof map === 'function') to[index] = Number(map(value, index));
        else to[index] = map ? (map as ArrayLike<number>)[value] ?? 0 : value;
      }
    },
    memoryArea: (address: number, length: number) => session.flash(() => session.world.nor.port.text(address, length)),
  };
}
