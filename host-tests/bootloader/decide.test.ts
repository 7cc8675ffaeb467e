import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import {
  decide, END_TRIAL, ENTER_SAFE_MODE, REBUILD, RUN, USE_ATTEMPT, VERIFY, type BootAction, type BootFacts,
} from '../../bootloader/decide.js';
import {
  ATTEMPTS_USED, BAD_IMAGE_DIGEST, BAD_SIGNATURE, CRASH_LOOP, NOTHING_TO_RUN, SAFE_MODE_REQUESTED, SLOT_EMPTY, STARTS_WITHOUT_LAUNCH,
} from '../../firmware/errors.js';

function facts(changes: Partial<BootFacts> = {}): BootFacts {
  return {
    journal: true, rebuildFailed: false, safeModeRequested: false, startsWithoutLaunch: 0, confirmedSlot: 0,
    otherOnceConfirmed: false, powerForRadio: true, crashLooping: false, degradedCrashed: false, checked: [undefined, undefined],
    ...changes,
  };
}

const trial = { slot: 1 as const, attemptsUsed: 0, marked: false, unmarkable: false };

/** Plays a whole boot: `good` says which slots verify. Returns what was done, in order. */
function play(start: BootFacts, good: [boolean, boolean], canMark = true): BootAction[] {
  const known: BootFacts = { ...start, trial: start.trial && { ...start.trial }, checked: [...start.checked] };
  const done: BootAction[] = [];
  for (;;) {
    const action = decide(known);
    done.push(action);
    if (done.length > 12) throw new Error('the decision does not come to an end: ' + JSON.stringify(known));
    if (action.do === RUN || action.do === ENTER_SAFE_MODE) return done;
    if (action.do === VERIFY) known.checked[action.slot] = good[action.slot] ? 0 : BAD_IMAGE_DIGEST;
    if (action.do === USE_ATTEMPT) {
      if (canMark) { known.trial!.marked = true; known.trial!.attemptsUsed++; } else known.trial!.unmarkable = true;
    }
    if (action.do === END_TRIAL) delete known.trial;
    if (action.do === REBUILD) {
      const slot = good[0] ? 0 : 1;
      if (good[0] || good[1]) { known.journal = true; known.confirmedSlot = slot; known.checked[slot] = 0; } else known.rebuildFailed = true;
    }
  }
}

const last = (actions: BootAction[]): BootAction => actions[actions.length - 1]!;

describe('the boot decision', () => {
  it('verifies and runs the confirmed image on an ordinary morning', () => {
    expect(play(facts(), [true, true]).map(a => a.do)).toEqual([VERIFY, RUN]);
    expect(last(play(facts(), [true, true]))).toMatchObject({ row: 4, slot: 0, trial: false, degraded: false, reason: 0 });
  });

  it('marks the attempt before it verifies a trial, so that a verifier that dies cannot loop', () => {
    expect(play(facts({ trial }), [true, true]).map(a => a.do)).toEqual([USE_ATTEMPT, VERIFY, RUN]);
    expect(last(play(facts({ trial }), [true, true]))).toMatchObject({ row: 2, slot: 1, trial: true });
  });

  it('rolls back with the reason when the trial image is damaged, and runs the old one in the same boot', () => {
    const actions = play(facts({ trial }), [true, false]);
    expect(actions.map(a => a.do)).toEqual([USE_ATTEMPT, VERIFY, END_TRIAL, VERIFY, RUN]);
    expect(actions[2]).toMatchObject({ row: 3, reason: BAD_IMAGE_DIGEST, slot: 1 });
    expect(last(actions)).toMatchObject({ row: 4, slot: 0, trial: false });
  });

  it('rolls back after three attempts', () => {
    const actions = play(facts({ trial: { ...trial, attemptsUsed: 3 } }), [true, true]);
    expect(actions[0]).toMatchObject({ do: END_TRIAL, row: 3, reason: ATTEMPTS_USED });
    expect(last(actions)).toMatchObject({ do: RUN, slot: 0 });
  });

  it('does not run a trial whose attempt cannot be marked, and counts nothing', () => {
    const actions = play(facts({ trial }), [true, true], false);
    expect(actions.map(a => a.do)).toEqual([USE_ATTEMPT, VERIFY, RUN]);
    expect(last(actions)).toMatchObject({ slot: 0, trial: false, row: 4 });
  });

  it('leaves a trial pending, with no attempt used, while the cells are weak', () => {
    const actions = play(facts({ trial, powerForRadio: false }), [true, true]);
    expect(actions.map(a => a.do)).toEqual([VERIFY, RUN]);
    expect(last(actions)).toMatchObject({ slot: 0, trial: false });
  });

  it('runs a crash-looping image keypad-only before it gives it up', () => {
    expect(last(play(facts({ crashLooping: true, otherOnceConfirmed: true }), [true, true])))
      .toMatchObject({ do: RUN, row: 5, slot: 0, degraded: true, reason: CRASH_LOOP });
    expect(last(play(facts({ crashLooping: true, degradedCrashed: true, otherOnceConfirmed: true }), [true, true])))
      .toMatchObject({ do: RUN, row: 6, slot: 1 });
  });

  it('falls back to the image confirmed before when the present one is damaged', () => {
    expect(last(play(facts({ otherOnceConfirmed: true }), [false, true]))).toMatchObject({ do: RUN, row: 6, slot: 1, reason: BAD_IMAGE_DIGEST });
  });

  it('never runs an other slot that was not confirmed once', () => {
    expect(last(play(facts(), [false, true]))).toMatchObject({ do: ENTER_SAFE_MODE, row: 7, reason: BAD_IMAGE_DIGEST });
  });

  it('rebuilds a lost journal from what verifies, and enters safe mode when nothing does', () => {
    expect(play(facts({ journal: false }), [false, true]).map(a => a.do)).toEqual([REBUILD, RUN]);
    expect(last(play(facts({ journal: false }), [false, true]))).toMatchObject({ slot: 1 });
    expect(last(play(facts({ journal: false }), [false, false]))).toMatchObject({ do: ENTER_SAFE_MODE, reason: NOTHING_TO_RUN });
  });

  it('obeys the strap inside the door, and three starts that reached no launch, before anything is verified', () => {
    expect(play(facts({ safeModeRequested: true, trial }), [true, true])).toMatchObject([{ row: 1, reason: SAFE_MODE_REQUESTED }]);
    expect(play(facts({ startsWithoutLaunch: 3, trial }), [true, true])).toMatchObject([{ row: 7, reason: STARTS_WITHOUT_LAUNCH }]);
  });

  it('always comes to an end, and never runs what did not verify, whatever the facts', () => {
    const codes = fc.constantFrom(undefined, 0, BAD_SIGNATURE, SLOT_EMPTY);
    fc.assert(fc.property(
      fc.record({
        journal: fc.boolean(), rebuildFailed: fc.boolean(), safeModeRequested: fc.boolean(), startsWithoutLaunch: fc.nat(4),
        confirmedSlot: fc.constantFrom<0 | 1>(0, 1), otherOnceConfirmed: fc.boolean(), powerForRadio: fc.boolean(),
        crashLooping: fc.boolean(), degradedCrashed: fc.boolean(), checked: fc.tuple(codes, codes),
        trial: fc.option(fc.record({
          slot: fc.constantFrom<0 | 1>(0, 1), attemptsUsed: fc.nat(3), marked: fc.constant(false), unmarkable: fc.boolean(),
        }), { nil: undefined }),
      }),
      fc.tuple(fc.boolean(), fc.boolean()), fc.boolean(),
      (start, good, canMark) => {
        const actions = play(start, good, canMark);
        const final = last(actions);
        if (final.do !== RUN) return;
        const verified = start.checked[final.slot] === 0 || actions.some(a => (a.do === VERIFY && a.slot === final.slot && good[final.slot]) || (a.do === REBUILD && good[final.slot]));
        expect(verified).toBe(true);
        if (!final.trial) return;
        const attempt = actions.findIndex(a => a.do === USE_ATTEMPT);
        const verify = actions.findIndex(a => a.do === VERIFY && a.slot === final.slot);
        expect(attempt).toBeGreaterThanOrEqual(0);
        if (verify >= 0) expect(attempt).toBeLessThan(verify);
      },
    ));
  });
});
