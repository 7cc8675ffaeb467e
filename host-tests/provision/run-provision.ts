/** The command in a workshop, and what its last page says. */
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, vi } from 'vitest';
import { Refusal } from '../../cli/image/refusal.js';
import { parseOwnerUri, type OwnerUri } from '../../cli/provision/owner-uri.js';
import { provision, type OpenPort, type ProvisionOptions } from '../../cli/provision/provision.js';
import { stretchCode } from '../../firmware/lock/codes-table.js';
import { holderOf } from '../../firmware/lock/codes.js';
import type { Platform } from '../../firmware/platform/types.js';
import { createHostPlatform } from '../../cli/host-platform.js';
import type { FakeBoard } from './fake-board.js';
import { scriptedTerminal, type ScriptedTerminal } from './scripted-terminal.js';
import { cableTo, openWorkshop, storesOf, type Workshop } from './workshop.js';

/** How the questions begin. */
export const ASKED = {
  wiring: /^Which wiring/, master: /^Master code/, wifi: /^Wi-Fi network/, password: /^Password of the network/, pack: /^Measure the pack/,
  erase: /will be erased/, production: /^A production lock has no console/,
};

export interface Bench {
  readonly workshop: Workshop;
  /** Provisions that board, or whatever `open` gives; everything typed was asked for. */
  run(board: FakeBoard, options?: Partial<ProvisionOptions>, terminal?: ScriptedTerminal, open?: OpenPort): Promise<ScriptedTerminal>;
  /** The sentence it is refused with. */
  refusal(...given: Parameters<Bench['run']>): Promise<string>;
}

/** A workshop for the tests of a file; each begins without unfinished locks. */
export function setUpBench(): Bench {
  // A first signature takes its time.
  vi.setConfig({ testTimeout: 300_000 });
  let workshop: Workshop;
  beforeAll(async () => {
    workshop = await openWorkshop();
  });
  afterAll(() => workshop.close());
  beforeEach(() => rm(workshop.at('home'), { recursive: true, force: true }));

  const bench: Bench = {
    get workshop() {
      return workshop;
    },
    async run(board, options = {}, terminal = scriptedTerminal([], false), open = cableTo(board)) {
      await provision({ ...workshop.options, ...options }, terminal, open);
      expect(terminal.left()).toBe(0);
      return terminal;
    },
    async refusal(...given) {
      const error = await bench.run(...given).then(() => undefined, (failure: unknown) => failure);
      expect(error).toBeInstanceOf(Refusal);
      const { message } = error as Refusal;
      expect(message).toMatch(/^[^\n]+;[^\n]+[^.]$/);
      return message;
    },
  };
  return bench;
}

/** On the last page. */
export const uriIn = (text: string): OwnerUri => parseOwnerUri(/deadlatch:1\?\S+/.exec(text)![0]);
export const codeIn = (text: string, what: string): string => new RegExp(`${what} +([\\d ]*\\d)`).exec(text)![1]!.replaceAll(' ', '');

/** Whose code it is on the lock that an ESP32 became. */
export function userOf(board: FakeBoard, code: string): number {
  const { identity, records } = storesOf(board, 'esp32');
  const platform = createHostPlatform(new Uint8Array(0), 0) as Platform;
  return holderOf(platform, records, identity!.recoveryHash, stretchCode(platform, identity!.codeSalt, code, 280)).user;
}
