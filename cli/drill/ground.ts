/** Where a drill takes place: at a virtual lock, which the drill watches itself, or at a real one with a person beside it. */
import type { SignedFirmware } from '../virtual/firmware.js';
import type { Stage } from '../story/stage.js';
import type { Teller } from '../story/tell.js';
import type { Talk } from '../update/talk.js';

/** What a person is to do: keys, or a letter for everything else at the door. */
export type Hand =
  | { keys: string; /** Typed again and again, as anybody would, until this is so. */ until?: (stage: Stage) => boolean }
  | { letter: 'b' | 'w' | 's' | 'r' };

/** What a person should see or hear afterwards. */
export interface Sight {
  what: string;
  /** What to do where it is not so. */
  otherwise: string;
  /** On the virtual lock. `heard`: what it answered to the last keys, `k` tick, `s` short, `l` long. */
  holds(stage: Stage, heard: string): boolean;
  /** It may take so long. */
  withinMs?: number;
}

export interface Codes {
  pin: string;
  masterCode: string;
  recoveryCode: string;
  newMasterCode: string;
}

export interface Ground {
  readonly teller: Teller;
  /** As they are typed, or what they are called. */
  readonly codes: Codes;
  /** Version that runs at the beginning; one that is good, one whose radio is dead, and one for later. */
  readonly images: { running: string; good: SignedFirmware; bad: SignedFirmware; next: SignedFirmware };
  readonly talk: Talk;
  act(what: string, hand: Hand): Promise<void>;
  see(sight: Sight): Promise<void>;
  /** Whether this part is to be rehearsed, where it costs a person something. */
  wants(question: string): Promise<boolean>;
  /** Lets time pass until `work` has settled or `until` holds. */
  drive(work: Promise<unknown>, until?: () => boolean): Promise<void>;
}

/** Something was not as it should be. */
export class Differed extends Error {
  override readonly name = 'Differed';
  readonly otherwise: string;
  constructor(what: string, otherwise: string) {
    super(what);
    this.otherwise = otherwise;
  }
}

/** The person left this part out, or ends the drill. */
export class LeftOut extends Error {
  override readonly name = 'LeftOut';
}
export class Ended extends Error {
  override readonly name = 'Ended';
}

/** A step that the drill can judge by itself, wherever it takes place. */
export function check({ teller }: Ground, what: string, otherwise: string, holds: boolean): void {
  if (holds) teller.step(what, true);
  else throw new Differed(what, otherwise);
}
