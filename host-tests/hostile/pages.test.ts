/**
 * Damage to pages of flash, of any kind and in any number: the door opens all the same, with the PIN, or with the recovery code where
 * the codes are gone. Only a lock that has lost both copies of its identity cannot: it no longer knows its keypad.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { keepTyping } from '../../cli/virtual/person.js';
import { IDENTITY_LOST, NOTHING_TO_RUN, STARTS_WITHOUT_LAUNCH } from '../../firmware/errors.js';
import { PAGE_BYTES, type Layout, type Span } from '../../firmware/flash/layout.js';
import { SAFE_MODE } from '../../firmware/update/boot-state.js';
import { createWorld } from '../../virtual-board/world.js';
import { attack, homeFlash, opensWithPin, PIN, RECOVERY_CODE, repeatable, VERSION, WRONG_PIN, type Attacked } from './lock.js';
import { wiring } from '../../cli/virtual/lock.js';

const FILE = 'pages.test.ts';
/** A rebuild verifies both slots in full before anything runs. */
const LIMIT_MS = 15_000;

let home: Uint8Array;
let layout: Layout;
let base: number;
beforeAll(async () => {
  home = await homeFlash();
  const world = createWorld({ seed: 1, wiring });
  layout = world.layout;
  base = world.nor.base;
}, 120_000);

type RegionName = 'journal' | 'records' | 'offer' | 'identity' | 'slotA' | 'slotB' | 'spare';

interface Damage {
  region: RegionName;
  /** 0..1: which page of the region. */
  page: number;
  how: 'bits' | 'bytes' | 'zeros' | 'erased' | 'noise' | 'copied' | 'tail';
  seed: number;
}

const damages = (...regions: RegionName[]): fc.Arbitrary<Damage> => fc.record({
  region: fc.constantFrom(...regions), page: fc.double({ min: 0, max: 0.999, noNaN: true }),
  how: fc.constantFrom('bits', 'bytes', 'zeros', 'erased', 'noise', 'copied', 'tail'), seed: fc.nat(0xffffff),
});

function spanOf(name: RegionName): Span {
  return name === 'slotA' ? layout.slots[0] : name === 'slotB' ? layout.slots[1] : layout[name];
}

/** Flash with one page damaged. The first identity copy only: the second is what saves the lock. */
function spoil(bytes: Uint8Array, damage: Damage): void {
  const span = spanOf(damage.region);
  const pages = damage.region === 'identity' ? 1 : Math.min(span.pages, 16);
  const at = span.address - base + Math.floor(damage.page * pages) * PAGE_BYTES;
  const page = bytes.subarray(at, at + PAGE_BYTES);
  let state = damage.seed + 1;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  switch (damage.how) {
    case 'bits': for (let n = next(20) + 1; n > 0; n--) page[next(PAGE_BYTES)]! ^= 1 << next(8); break;
    // Where the records are, not where the page is still erased.
    case 'bytes': for (let n = next(40) + 1; n > 0; n--) page[next(1024)] = next(256); break;
    case 'zeros': page.fill(0); break;
    case 'erased': page.fill(0xff); break;
    case 'noise': for (let i = 0; i < PAGE_BYTES; i++) page[i] = next(256); break;
    // An older copy of another page, headers and checksums intact.
    case 'copied': page.set(bytes.subarray(span.address - base, span.address - base + PAGE_BYTES)); break;
    case 'tail': page.fill(next(256), next(PAGE_BYTES)); break;
  }
}

function damaged(list: readonly Damage[]): Attacked {
  const flash = home.slice();
  for (const each of list) spoil(flash, each);
  return attack(flash, 1);
}

/** The recovery code opens too, and asks for a new master code afterwards. */
function opens(attacked: Attacked): 'pin' | 'recovery' | undefined {
  const { board, world } = attacked;
  if (opensWithPin(board, LIMIT_MS) !== undefined) return 'pin';
  // Five wrong tries cost ten seconds, the next ones more.
  board.run(60_000);
  return keepTyping(board, `${RECOVERY_CODE}#`, world.bolt.unlocked, 60_000) === undefined ? undefined : 'recovery';
}

function expectSound(attacked: Attacked): void {
  expect(attacked.board.uncaught).toEqual([]);
  expect(attacked.world.violations).toEqual([]);
}

describe('damaged pages', () => {
  it('of the journal cost one start in safe mode at most: the PIN opens, and the next start runs the image', () => {
    fc.assert(fc.property(fc.array(damages('journal', 'offer'), { minLength: 1, maxLength: 4 }), (list) => {
      const attacked = damaged(list);
      expect(opens(attacked)).toBe('pin');
      // Bits that flip among the marks of starts look like starts that reached no launch.
      if (attacked.reading().verdict?.reason === STARTS_WITHOUT_LAUNCH) attacked.board.pressReset();
      attacked.board.run(5000);
      expect(attacked.ask(0, 7, { format: 'v' }, { operation: 0 })).toEqual({ output: VERSION });
      expect(attacked.reading().trial).toBeUndefined();
      expectSound(attacked);
    }), repeatable(60, FILE));
  });

  it('of the records cost codes at most: what is left opens, or the recovery code does', () => {
    fc.assert(fc.property(fc.array(damages('records', 'spare'), { minLength: 1, maxLength: 6 }), (list) => {
      const attacked = damaged(list);
      expect(opens(attacked)).toBeDefined();
      expectSound(attacked);
    }), repeatable(60, FILE));
  });

  it('of the slots mean safe mode at worst, with its reason, and the PIN opens there', () => {
    fc.assert(fc.property(fc.array(damages('slotA', 'slotB'), { minLength: 1, maxLength: 3 }), (list) => {
      const attacked = damaged(list);
      expect(opens(attacked)).toBe('pin');
      expectSound(attacked);
    }), repeatable(30, FILE));
  });

  it('of everything at once, one identity copy among them, still leave a way in', () => {
    fc.assert(fc.property(fc.array(damages('journal', 'records', 'offer', 'identity', 'slotA', 'slotB'), { minLength: 4, maxLength: 20 }), (list) => {
      const attacked = damaged(list);
      expect(opens(attacked)).toBeDefined();
      expectSound(attacked);
    }), repeatable(60, FILE));
  });

  it('never make a wrong PIN right', () => {
    fc.assert(fc.property(fc.array(damages('journal', 'records', 'slotA'), { minLength: 1, maxLength: 5 }), (list) => {
      const attacked = damaged(list);
      expect(keepTyping(attacked.board, `${WRONG_PIN}#`, attacked.world.bolt.unlocked, 8000)).toBeUndefined();
      expectSound(attacked);
    }), repeatable(30, FILE));
  });

  it('of journal, records and both slots: everything is gone but the identity, and the recovery code opens', () => {
    const flash = home.slice();
    for (const span of [layout.journal, layout.records, layout.offer, ...layout.slots]) flash.fill(0, span.address - base, span.address - base + span.pages * PAGE_BYTES);
    const attacked = attack(flash, 1);
    expect(opens(attacked)).toBe('recovery');
    expect(attacked.reading().verdict).toMatchObject({ result: SAFE_MODE, reason: NOTHING_TO_RUN });
    expectSound(attacked);
  });

  it('of both identity copies: safe mode that moves nothing, and waits to be provisioned', () => {
    const flash = home.slice();
    flash.fill(0xff, layout.identity.address - base, layout.identity.address - base + 2 * PAGE_BYTES);
    const attacked = attack(flash, 1);
    attacked.board.run(60_000);
    expect(attacked.reading().verdict).toMatchObject({ result: SAFE_MODE, reason: IDENTITY_LOST });
    expect(keepTyping(attacked.board, `${PIN}#`, attacked.world.bolt.unlocked, 5000)).toBeUndefined();
    expect(attacked.board.runs.length).toBe(1);
    expectSound(attacked);
  });
});
