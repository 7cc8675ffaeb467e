/**
 * Espruino's Storage as its firmware keeps it in flash (facts: jsflash.c): a chain of files, each a 32-byte header (size with
 * flags in the top byte, 28 bytes of zero-padded name) followed by its bytes, aligned to 4. Dangerous on purpose: compaction is
 * not power safe, and a chain that does not end in erased flash makes the next start erase everything.
 */

/** The flash underneath. Addresses are absolute. */
export interface StorageFlash {
  base: number;
  bytes: number;
  /** Erase unit: 4096 on chips, 1024 on the Linux build. */
  pageBytes: number;
  read(address: number, length: number): Uint8Array;
  write(address: number, data: Uint8Array): void;
  erase(address: number): void;
}

export interface Storage {
  /** The check of a first boot: false means Espruino is about to erase all of Storage. */
  valid(): boolean;
  eraseAll(): void;
  read(name: string, offset?: number, length?: number): string | undefined;
  /** Address and size of a file's bytes. */
  find(name: string): { address: number; size: number } | undefined;
  write(name: string, data: Uint8Array | string, offset?: number, size?: number): boolean;
  erase(name: string): void;
  compact(): void;
  /** `E.setBootCode`: removes what was there, then writes code that runs after `.boot0`. */
  setBootCode(code: string, always: boolean): void;
  getFree(): number;
  list(): string[];
}

export const HEADER_BYTES = 32;
const UNSET = 0xffffffff;
const NAME_BYTES = 28;

interface Header {
  size: number;
  flags: number;
  /** First four characters as a number: 0 = deleted. */
  firstChars: number;
  valid: boolean;
  raw: Uint8Array;
}

/** Bundles are long, and read at every start: the same bytes give the same string object, whose hash V8 then knows already. */
const LONG = 8192;
const known: { bytes: Uint8Array; text: string }[] = [];

function textOf(bytes: Uint8Array): string {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < LONG) return view.toString('latin1');
  const found = known.find((one) => one.bytes.length === bytes.length && view.equals(one.bytes));
  if (found) return found.text;
  const text = view.toString('latin1');
  if (known.push({ bytes: bytes.slice(), text }) > 16) known.shift();
  return text;
}

function nameOf({ raw }: Header): string {
  let name = '';
  for (let at = 4; at < HEADER_BYTES && raw[at]; at++) name += String.fromCharCode(raw[at]!);
  return name;
}

const align = (value: number): number => (value + 3) & ~3;
const bytesOf = (data: Uint8Array | string): Uint8Array => (typeof data === 'string' ? Buffer.from(data, 'latin1') : data);

export function buildFileHeader(name: string, size: number): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  new DataView(header.buffer).setUint32(0, size, true);
  header.set(bytesOf(name).subarray(0, NAME_BYTES), 4);
  return header;
}

export function createStorage(flash: StorageFlash): Storage {
  const end = flash.base + flash.bytes;

  function headerAt(address: number): Header {
    const raw = flash.read(address, HEADER_BYTES);
    const view = new DataView(raw.buffer, raw.byteOffset);
    const word = view.getUint32(0, true);
    const size = word & 0xffffff;
    return {
      size,
      flags: word >>> 24,
      firstChars: view.getUint32(4, true),
      valid: word !== UNSET && word !== 0 && address + HEADER_BYTES + size <= end,
      raw,
    };
  }

  /** Start of the page after the one that holds `address`; 0 when Storage ends there. */
  function nextPage(address: number): number {
    const next = address - ((address - flash.base) % flash.pageBytes) + flash.pageBytes;
    return next >= end ? 0 : next;
  }

  /** The file after this one; with `allPages` a gap is skipped to the next page. `address` 0: no room for another header. */
  function nextFile(address: number, header: Header, allPages: boolean): { address: number; header: Header; valid: boolean } {
    const next = align(address + header.size + HEADER_BYTES);
    if (next + HEADER_BYTES > end) return { address: 0, header, valid: false };
    const found = headerAt(next);
    if (found.valid || !allPages) return { address: next, header: found, valid: found.valid };
    const page = nextPage(next);
    if (!page) return { address: 0, header: found, valid: false };
    const onPage = headerAt(page);
    return { address: page, header: onPage, valid: onPage.valid };
  }

  function eachFile(visit: (address: number, header: Header) => void): { address: number; header: Header } {
    let address = flash.base;
    let header = headerAt(address);
    let valid = header.valid;
    while (valid) {
      visit(address, header);
      ({ address, header, valid } = nextFile(address, header, true));
    }
    return { address, header };
  }

  const isReal = (header: Header): boolean => header.firstChars !== 0 && (header.flags === 0 || header.flags === 64 || header.flags === 128);

  function isErased(address: number, length: number): boolean {
    for (let offset = 0; offset < length; offset += 4096) {
      if (flash.read(address + offset, Math.min(4096, length - offset)).some((byte) => byte !== 0xff)) return false;
    }
    return true;
  }

  function find(name: string): { address: number; size: number } | undefined {
    let found: { address: number; size: number } | undefined;
    eachFile((address, header) => {
      if (!found && header.firstChars !== 0 && nameOf(header) === name) found = { address: address + HEADER_BYTES, size: header.size };
    });
    return found;
  }

  function stats(): { fileBytes: number; trashBytes: number; free: number; firstTrashPage: number } {
    const all = { fileBytes: 0, trashBytes: 0, free: flash.bytes, firstTrashPage: 0 };
    let unbroken = flash.base;
    eachFile((address, header) => {
      if ((address - flash.base) % flash.pageBytes === 0) unbroken = address;
      const size = align(header.size) + HEADER_BYTES;
      all.free = end - (address + size);
      if (header.firstChars !== 0) {
        all.fileBytes += size;
      } else {
        all.trashBytes += size;
        all.firstTrashPage ||= unbroken;
      }
    });
    return all;
  }

  function valid(): boolean {
    let last = { address: flash.base, header: headerAt(flash.base) };
    if (last.header.valid) {
      let lastFile = last.address;
      last = eachFile((address) => {
        lastFile = address;
      });
      if (!last.address) {
        const after = align(lastFile + last.header.size + HEADER_BYTES);
        if (after <= end && after + HEADER_BYTES > end) return true;
      }
    }
    const allFF = last.header.raw.every((byte) => byte === 0xff);
    return allFF && last.address === flash.base ? isErased(flash.base, flash.bytes) : allFF;
  }

  function eraseAll(): void {
    for (let address = flash.base; address < end; address += flash.pageBytes) flash.erase(address);
  }

  function trash(dataAddress: number): void {
    flash.write(dataAddress - HEADER_BYTES + 4, new Uint8Array(4));
  }

  /** Moves all live files down over the deleted ones, page by page through a small buffer. */
  function compact(): boolean {
    const { fileBytes, trashBytes, firstTrashPage } = stats();
    if (!trashBytes) return false;
    const room = Math.min(fileBytes, flash.pageBytes + HEADER_BYTES);
    let buffer: number[] = [];
    let writeAt = firstTrashPage;

    function drain(readAt: number): void {
      while (buffer.length) {
        const pageEnd = nextPage(writeAt) || end;
        if (readAt < pageEnd) return;
        const piece = buffer.slice(0, pageEnd - writeAt);
        if ((writeAt - flash.base) % flash.pageBytes === 0) flash.erase(writeAt);
        flash.write(writeAt, Uint8Array.from(piece));
        writeAt += piece.length;
        buffer = buffer.slice(piece.length);
      }
    }

    let address = firstTrashPage;
    let header = headerAt(address);
    let more = header.valid;
    while (more) {
      if (isReal(header)) {
        buffer.push(...header.raw);
        let readAt = address + HEADER_BYTES;
        let left = align(header.size);
        drain(readAt);
        while (left) {
          const count = Math.min(left, room - buffer.length);
          if (count <= 0) return false;
          buffer.push(...flash.read(readAt, count));
          readAt += count;
          left -= count;
          drain(readAt);
        }
      }
      ({ address, header, valid: more } = nextFile(address, header, true));
    }
    drain(end);
    const eraseFrom = writeAt === firstTrashPage ? writeAt : nextPage(writeAt - 1);
    if (eraseFrom) for (let page = eraseFrom; page < (address || end); page += flash.pageBytes) flash.erase(page);
    return true;
  }

  /** Finds a hole and writes the header; compacts once if there is enough trash. Returns the address of the data, 0 = no room. */
  function create(name: string, size: number): number {
    const needed = align(size) + HEADER_BYTES;
    for (let round = 0; round < 2; round++) {
      let freeSpace = 0;
      let trashSpace = 0;
      let address = flash.base;
      while (address) {
        let header = headerAt(address);
        let more = header.valid;
        while (more) {
          if (header.firstChars === 0) trashSpace += header.size;
          ({ address, header, valid: more } = nextFile(address, header, false));
          if (!address) break;
        }
        if (!address) break;
        const page = nextPage(address);
        const space = (page && headerAt(page).valid ? page : end) - address;
        freeSpace += space;
        if (space >= needed) {
          flash.write(address, buildFileHeader(name, size));
          return address + HEADER_BYTES;
        }
        address = page;
      }
      if (round || needed >= freeSpace + trashSpace || !compact()) return 0;
    }
    return 0;
  }

  function write(name: string, data: Uint8Array | string, offset = 0, size = 0): boolean {
    const bytes = bytesOf(data);
    const total = size || bytes.length;
    if (!total) throw new Error("Can't create zero length file");
    let file = find(name);
    if (offset === 0 && (!file || file.size !== total || !isErased(file.address, total))) {
      if (file && file.size === total && bytes.length === total && Buffer.compare(flash.read(file.address, total), bytes) === 0) return true;
      if (file) trash(file.address);
      const address = create(name, total);
      file = address ? { address, size: total } : undefined;
    }
    if (!file) throw new Error('Unable to find or create file');
    if (offset + bytes.length > file.size) throw new Error('Too much data for file size');
    if (!isErased(file.address + offset, bytes.length)) throw new Error('File already written with different data');
    if (bytes.length) flash.write(file.address + offset, bytes);
    return true;
  }

  function erase(name: string): void {
    const file = find(name);
    if (file) trash(file.address);
  }

  return {
    valid,
    eraseAll,
    find,
    read(name, offset = 0, length = 0) {
      const file = find(name);
      if (!file) return undefined;
      const from = Math.min(Math.max(offset, 0), file.size);
      const count = Math.min(length <= 0 ? file.size : length, file.size - from);
      return count <= 0 ? '' : textOf(flash.read(file.address + from, count));
    },
    write,
    erase,
    setBootCode(code, always) {
      erase('.bootcde');
      erase('.bootrst');
      if (code) write(always ? '.bootrst' : '.bootcde', code);
    },
    compact,
    getFree: () => stats().free,
    list() {
      const names: string[] = [];
      eachFile((_address, header) => {
        if (isReal(header)) names.push(nameOf(header));
      });
      return names;
    },
  };
}
