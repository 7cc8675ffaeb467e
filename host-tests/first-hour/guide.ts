/** What a reader of the guide types. */
import { readFile } from 'node:fs/promises';

export interface GuideCommand {
  page: string;
  line: number;
  text: string;
}

/** Lines of the fenced blocks of a page, comments left out. */
export function commandsIn(page: string, markdown: string): GuideCommand[] {
  const commands: GuideCommand[] = [];
  let inside = false;
  markdown.split('\n').forEach((text, index) => {
    if (text.startsWith('```')) inside = !inside;
    else if (inside && text.trim() && !text.startsWith('#')) commands.push({ page, line: index + 1, text: text.replace(/ {2,}#.*$/, '').trim() });
  });
  return commands;
}

/** The guide, and the pages of boards it leads to. */
export const GUIDE = 'docs/getting-started.md';
export const BOARD_PAGES = ['docs/boards/esp32-devkit.md', 'docs/boards/esp32-4xaa.md', 'docs/boards/xiao-wiegand.md', 'docs/boards/bench.md'];

export async function readCommands(pages: readonly string[]): Promise<GuideCommand[]> {
  return (await Promise.all(pages.map(async (page) => commandsIn(page, await readFile(page, 'utf8'))))).flat();
}
