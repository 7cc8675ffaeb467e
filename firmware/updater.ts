/**
 * What only an update needs: the SMP server, verification, and what follows a trial. It is most of the app, and most of the time nobody
 * needs it, so the build nests all of it into `loadUpdater`: its functions are made by a call, and gone when the caller lets go of
 * what it got.
 */
import { lockCommand } from './smp/lock-group.js';
import { createServer, type SmpServer } from './smp/server.js';
import { loadAftermath, type Aftermath } from './update/aftermath.js';
import type { UpdateContext } from './update/context.js';

export interface Updater {
  createServer(context: UpdateContext): SmpServer;
  loadAftermath(): Aftermath;
}

export function loadUpdater(): Updater {
  return { createServer: (context) => createServer(context, lockCommand), loadAftermath };
}
