/** The flash of a virtual board as it is bought: erased, with Espruino and nothing else. What is made of it stays in a file. */
import { readFile, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { Wiring } from '../../boards/wiring.js';
import { PAGE_BYTES } from '../../firmware/flash/layout.js';
import { reasonOf, Refusal } from '../image/refusal.js';
import { familyOf } from '../provision/lock-flash.js';
import { wiringNamed } from '../wiring.js';

export interface BoardHome {
  wiring: Wiring;
  flashFile: string;
  flash: Uint8Array;
  /** Nothing was ever written to it. */
  blank: boolean;
}

/** `board`: a reference wiring or a board file, of a chip that the virtual board can stand for. `fresh` erases what is there. */
export async function openBoardHome(board: string, folder: string, fresh: boolean): Promise<BoardHome> {
  const wiring = await wiringNamed(board);
  const { geometry, name, title } = familyOf(wiring);
  if (name !== 'esp32' && name !== 'virtual') throw new Refusal(`--board ${board}: it is for ${title}, and the virtual board is an ESP32; take esp32-devkit, esp32-4xaa, esp32-servo, esp32-strike or bench`);
  const flashFile = join(folder, `board-${basename(board, extname(board)).replace(/[^A-Za-z0-9-]/g, '_')}.flash`);
  const bytes = geometry.pages * PAGE_BYTES;
  const known = fresh ? undefined : await readFile(flashFile).catch(() => undefined);
  if (known && known.length !== bytes) throw new Refusal(`${flashFile}: it has ${known.length} bytes, the flash of this board ${bytes}; begin anew with --fresh`);
  const flash = known ? new Uint8Array(known) : new Uint8Array(bytes).fill(0xff);
  if (!known) {
    await writeFile(flashFile, flash, { mode: 0o600 }).catch((error: unknown) => {
      throw new Refusal(`${flashFile}: cannot be written: ${reasonOf(error)}; choose another folder with --folder`);
    });
  }
  return { wiring, flashFile, flash, blank: flash.every((byte) => byte === 0xff) };
}
