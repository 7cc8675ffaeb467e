/** Lines on the terminal, with the time of day; keys typed at the keypad stay on one line. */
export interface Screen {
  line(what: string, text: string): void;
  /** Shows a key. */
  key(key: string): void;
  plain(text: string): void;
}

export function createScreen(write: (text: string) => void, now: () => Date): Screen {
  let typing = false;

  function endKeys(): void {
    if (typing) write('\n');
    typing = false;
  }

  const clock = (): string => now().toTimeString().slice(0, 8);
  return {
    line(what, text) {
      endKeys();
      write(`${clock()}  ${what.padEnd(8)}${text}\n`);
    },
    key(key) {
      if (!typing) write(`${clock()}  ${'you'.padEnd(8)}`);
      typing = true;
      write(`${key} `);
      if (key === '#' || key === '*') endKeys();
    },
    plain(text) {
      endKeys();
      write(`${text}\n`);
    },
  };
}
