import type { StorageFlash } from '../../virtual-board/storage.js';

/** Flash without costs or cuts, for tests of Storage itself. `failAfter` operations power is gone: everything after throws. */
export function flashOf(base: number, bytes: number, pageBytes: number, content = new Uint8Array(bytes).fill(0xff)): StorageFlash & {
  content: Uint8Array;
  operations: number;
  failAfter: number;
} {
  const flash = {
    base, bytes, pageBytes, content, operations: 0, failAfter: Infinity,
    read: (address: number, length: number) => content.subarray(address - base, address - base + length),
    write(address: number, data: Uint8Array) {
      count();
      for (let at = 0; at < data.length; at++) content[address - base + at]! &= data[at]!;
    },
    erase(address: number) {
      count();
      content.fill(0xff, address - base, address - base + pageBytes);
    },
  };
  function count(): void {
    if (flash.operations++ >= flash.failAfter) throw new Error('no power');
  }
  return flash;
}
