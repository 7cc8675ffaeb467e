import { describe, expect, it } from 'vitest';
import {
  countBoots, DEGRADED_UNCLEAN, isCrashLooping, markHealthy, markLaunched, markPlanned, markStarted, RAN_DEGRADED, RAN_TRIAL, RESTART,
  RESTART_INTO_SAFE_MODE, SAFE_MODE_PLANNED, STARTS_WITHOUT_LAUNCH, UNCLEAN,
} from '../../firmware/update/boots.js';
import { openJournal, type Journal } from '../../firmware/flash/journal.js';
import type { ResetCause } from '../../firmware/platform/types.js';
import { PAGE_BYTES } from '../../firmware/flash/layout.js';
import { createNor } from '../../virtual-board/nor.js';
import { createRandom } from '../../virtual-board/random.js';
import { crc32 } from 'crc';

interface Life { cause: ResetCause; launch?: number; healthy?: boolean; planned?: number }

function newJournal(): Journal {
  const nor = createNor({ base: 0, pages: 4, random: createRandom(1) });
  const journal = openJournal({
    flash: nor.port, span: { address: 0, pages: 2 }, spare: { address: 2 * PAGE_BYTES, pages: 2 },
    crc32: (data: Uint8Array | string) => crc32(typeof data === 'string' ? Buffer.from(data, 'latin1') : Buffer.from(data)) >>> 0,
  });
  expect(journal.format()).toBe(0);
  return journal;
}

/** Lives through some starts and returns the counts at the start that follows with `cause`. */
function live(journal: Journal, lives: Life[], cause: ResetCause): ReturnType<typeof countBoots> {
  for (const life of lives) {
    const counts = countBoots(journal, life.cause);
    expect(markStarted(journal, life.cause, counts)).toBe(0);
    if (life.launch !== undefined) markLaunched(journal, life.launch, counts);
    if (life.healthy) markHealthy(journal);
    if (life.planned) markPlanned(journal, life.planned);
  }
  return countBoots(journal, cause);
}

const repeat = (count: number, life: Life): Life[] => Array.from({ length: count }, () => life);

describe('counting how starts ended', () => {
  it('counts nothing for a lock that ran for a minute each time', () => {
    const counts = live(newJournal(), repeat(40, { cause: 'powerOn', launch: 0, healthy: true }), 'watchdog');
    expect([...counts].slice(0, 5)).toEqual([0, 0, 0, 0, 0]);
  });

  it('counts five watchdog resets in a row, however many records they fill, as a crash loop', () => {
    const journal = newJournal();
    expect(isCrashLooping(live(journal, repeat(14, { cause: 'powerOn', launch: 0, healthy: true }), 'powerOn'), 'powerOn')).toBe(false);
    expect(isCrashLooping(live(journal, repeat(4, { cause: 'watchdog', launch: 0 }), 'watchdog'), 'watchdog')).toBe(false);
    expect(isCrashLooping(live(journal, [{ cause: 'watchdog', launch: 0 }], 'watchdog'), 'watchdog')).toBe(true);
  });

  it('does not take an impatient thumb for a crash: power-on resets count only from eight in a row', () => {
    expect(isCrashLooping(live(newJournal(), repeat(7, { cause: 'powerOn', launch: 0 }), 'powerOn'), 'powerOn')).toBe(false);
    expect(isCrashLooping(live(newJournal(), repeat(8, { cause: 'powerOn', launch: 0 }), 'powerOn'), 'powerOn')).toBe(true);
  });

  it('allows ten early resets where the cause cannot be read', () => {
    expect(isCrashLooping(live(newJournal(), repeat(9, { cause: 'unknown', launch: 0 }), 'unknown'), 'unknown')).toBe(false);
    expect(isCrashLooping(live(newJournal(), repeat(10, { cause: 'unknown', launch: 0 }), 'unknown'), 'unknown')).toBe(true);
  });

  it('forgives crashes after a healthy minute', () => {
    const lives = [...repeat(4, { cause: 'software', launch: 0 } as Life), { cause: 'software', launch: 0, healthy: true } as Life];
    expect(live(newJournal(), lives, 'watchdog')[UNCLEAN]).toBe(0);
  });

  it('counts neither planned restarts nor what a trial does against the confirmed image', () => {
    expect(live(newJournal(), repeat(9, { cause: 'software', launch: 0, planned: RESTART }), 'software')[UNCLEAN]).toBe(0);
    expect(live(newJournal(), repeat(9, { cause: 'watchdog', launch: 1 | RAN_TRIAL }), 'watchdog')[UNCLEAN]).toBe(0);
  });

  it('forgives nothing after a minute of a trial, and counts no further than 255', () => {
    const lives = [...repeat(4, { cause: 'software', launch: 0 } as Life), { cause: 'software', launch: 1 | RAN_TRIAL, healthy: true } as Life];
    expect(live(newJournal(), lives, 'watchdog')[UNCLEAN]).toBe(4);
    expect(live(newJournal(), repeat(300, { cause: 'watchdog', launch: 0 }), 'watchdog')[UNCLEAN]).toBe(255);
  });

  it('notices that even the keypad-only run crashed', () => {
    const lives = [...repeat(5, { cause: 'watchdog', launch: 0 } as Life), { cause: 'watchdog', launch: RAN_DEGRADED } as Life];
    expect(live(newJournal(), lives, 'watchdog')[DEGRADED_UNCLEAN]).toBe(1);
  });

  it('counts starts that reached no launch, and begins again after one that did', () => {
    const journal = newJournal();
    expect(live(journal, repeat(3, { cause: 'watchdog' }), 'watchdog')[STARTS_WITHOUT_LAUNCH]).toBe(3);
    expect(live(journal, [{ cause: 'powerOn', launch: 0 }], 'powerOn')[STARTS_WITHOUT_LAUNCH]).toBe(0);
  });

  it('remembers a wish for safe mode for the next start only', () => {
    const journal = newJournal();
    expect(live(journal, [{ cause: 'powerOn', launch: 0, planned: RESTART_INTO_SAFE_MODE }], 'software')[SAFE_MODE_PLANNED]).toBe(1);
    expect(live(journal, [{ cause: 'software', launch: 8 }], 'software')[SAFE_MODE_PLANNED]).toBe(0);
  });
});
