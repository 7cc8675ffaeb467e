/** The walk for whoever evaluates this bundle. */
import { openWalk } from './walk.js';

declare const probe: { [name: string]: unknown };

probe['openWalk'] = openWalk;
