/** A board's flash through its console, in pages of 4096 bytes: hashed there, sent in pieces that fit every board's input buffer. */
import { createHash } from 'node:crypto';
import { PAGE_BYTES } from '../../firmware/flash/layout.js';
import { Refusal } from '../image/refusal.js';
import type { Connection } from './connection.js';

export interface RawFlash {
  /** SHA-256 of each of `count` pages from `address` on, base64. */
  hashes(address: number, count: number): Promise<string[]>;
  read(address: number, length: number): Promise<Uint8Array>;
  erase(address: number): Promise<void>;
  /** Sends a page into the board's memory, where `write` takes it from. */
  send(page: Uint8Array): Promise<void>;
  /** Writes bytes `from` to `to` of the page that was sent; what lies there must be erased, or a part of the same. */
  write(address: number, from?: number, to?: number): Promise<void>;
}

/** 700 characters of base64: the smallest input buffer has 1024 bytes. */
const PIECE_BYTES = 510;
/** Hashes in one answer: a telnet console drops what is longer than some 500 characters. */
const HASHES_AT_ONCE = 4;
const SEND_TRIES = 3;
const READ_MOST_BYTES = 240;
/** One page: 45 ms for erasing by the data sheet, four times that on a tired chip. */
const FLASH_TIMEOUT_MS = 10_000;

/**
 * Hashing pages, and erasing one whatever the chip's own page size is. Longer names than any that the firmware's bundler gives: an app declares its
 * functions at the root, and would be without the one whose name is taken.
 */
const HELPERS = [
  'dlHash=function(a,n){var r=[];for(;n>0;n--){r.push(btoa(require("crypto").SHA256(require("Flash").read(4096,a))));a+=4096}return r}',
  'dlErase=function(a){var f=require("Flash"),e=a+4096;while(a<e){var p=f.getPage(a);f.erasePage(a);a=p.addr+p.length}}',
];

export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64');

/** Leaves two functions and, later, one page in the board's memory, until it restarts. */
export async function openRawFlash(board: Connection): Promise<RawFlash> {
  for (const helper of HELPERS) await board.evaluate(`!(${helper})`);

  async function send(page: Uint8Array): Promise<void> {
    const filler = page.at(-1)!;
    let used = page.length;
    while (used > 0 && page[used - 1] === filler) used--;
    await board.evaluate(`!(dlPage=new Uint8Array(${PAGE_BYTES})).fill(${filler})`);
    for (let at = 0; at < used; at += PIECE_BYTES) {
      const piece = Buffer.from(page.subarray(at, Math.min(used, at + PIECE_BYTES))).toString('base64');
      await board.evaluate(`!dlPage.set(atob("${piece}"),${at})`);
    }
  }

  return {
    async hashes(address, count) {
      const hashes: string[] = [];
      while (hashes.length < count) {
        const some = Math.min(HASHES_AT_ONCE, count - hashes.length);
        hashes.push(...await board.evaluate(`dlHash(${address + hashes.length * PAGE_BYTES},${some})`, FLASH_TIMEOUT_MS) as string[]);
      }
      return hashes;
    },
    async read(address, length) {
      const parts: Buffer[] = [];
      for (let at = 0; at < length; at += READ_MOST_BYTES) {
        parts.push(Buffer.from(await board.evaluate(`btoa(require("Flash").read(${Math.min(READ_MOST_BYTES, length - at)},${address + at}))`) as string, 'base64'));
      }
      return new Uint8Array(Buffer.concat(parts));
    },
    erase: async (address) => void await board.evaluate(`dlErase(${address})`, FLASH_TIMEOUT_MS),
    async send(page) {
      for (let attempt = 0; attempt < SEND_TRIES; attempt++) {
        await send(page);
        if (await board.evaluate('btoa(require("crypto").SHA256(dlPage))') === hashOf(page)) return;
      }
      throw new Refusal(`${board.name}: what arrives at the board is not what was sent; use another cable or port and run the command again`);
    },
    async write(address, from = 0, to = PAGE_BYTES) {
      const bytes = from === 0 && to === PAGE_BYTES ? 'dlPage' : `new Uint8Array(dlPage.buffer,${from},${to - from})`;
      await board.evaluate(`require("Flash").write(${bytes},${address + from})`, FLASH_TIMEOUT_MS);
    },
  };
}
