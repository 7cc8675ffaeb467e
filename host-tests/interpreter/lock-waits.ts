/** What tests wait for on a lock on the real interpreter: always for something that it does. */
import { expect } from 'vitest';
import { createHostPlatform } from '../../cli/host-platform.js';
import { familyOf } from '../../cli/provision/lock-flash.js';
import { SmpError } from '../../cli/smp/client.js';
import { layoutOf } from '../../firmware/flash/layout.js';
import { openStores, type Stores } from '../../firmware/flash/open.js';
import type { Platform } from '../../firmware/platform/types.js';
import type { Interpreter } from '../../virtual-board/interpreter/interpreter.js';
import { wiring } from './locks.js';

/** A report that begins with `start`. */
export function reported(lock: Interpreter, what: string, start: (string | number)[]): Promise<unknown> {
  return lock.waitFor(what, (each) => start.every((value, index) => each[index] === value), { timeoutMs: 15_000 });
}

/** The app, or safe mode, has set up the motor's pins: it runs. */
export function doorReady(lock: Interpreter): Promise<unknown> {
  return reported(lock, 'the door to be ready', ['out', (wiring.bolt as { in1: number }).in1, 0]);
}

export async function startUp(lock: Interpreter): Promise<void> {
  await Promise.all([doorReady(lock), lock.powerOn()]);
}

export async function boltMoved(lock: Interpreter, to: 'locked' | 'unlocked', keys: string): Promise<void> {
  await Promise.all([reported(lock, `the bolt to be ${to}`, ['bolt', to]), lock.type(keys)]);
}

/** What a host reads from the flash of the lock. */
export async function storesOf(lock: Interpreter): Promise<Stores> {
  const { geometry } = familyOf(wiring);
  return openStores(createHostPlatform(await lock.readFlash(), geometry.base) as Platform, layoutOf(geometry));
}

/** The error that `attempt` has to end with. */
export async function refusal(attempt: Promise<unknown>): Promise<SmpError> {
  const error = await attempt.then(() => undefined, (failure: unknown) => failure);
  expect(error).toBeInstanceOf(SmpError);
  return error as SmpError;
}
