/** A lock's flash in a file. Each flash operation is in the file before the next one begins, so that killing the process is a power cut. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { FlashOperation } from '../../virtual-board/nor.js';
import type { World } from '../../virtual-board/world.js';

export interface FlashFile {
  /** Writes what is not in the file yet. */
  flush(): void;
  close(): void;
}

export function keepInFile(world: World, file: string): FlashFile {
  const handle = openSync(file, 'r+');
  const { nor } = world;
  let last: FlashOperation | undefined;

  function flush(): void {
    if (last) writeSync(handle, nor.bytes, last.offset, last.length, last.offset);
    last = undefined;
  }

  world.onFlash = (operation) => {
    flush();
    last = operation;
  };
  return {
    flush,
    close() {
      flush();
      closeSync(handle);
    },
  };
}
