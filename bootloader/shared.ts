/**
 * What safe mode takes from the bootloader instead of carrying a copy of its own: both lie in the same file, which is written once.
 * The build puts `global.image[2][PLACE]` in the place of each of these functions when it bundles safe mode (platform/launch.ts sets it).
 */
import { parseIdentity } from '../firmware/flash/identity.js';
import { openJournal } from '../firmware/flash/journal.js';
import { readPageHeader, readWords } from '../firmware/flash/page-header.js';
import { openRegion } from '../firmware/flash/region.js';
import { parseImage, parseOffer } from '../firmware/image/format.js';
import { checkKeyEpoch, signerOf } from '../firmware/image/keys.js';
import { startPages } from '../firmware/image/pages.js';
import { signedMessage, startVerifyImage } from '../firmware/image/verify.js';
import { openMeter } from '../firmware/lock/battery.js';
import { openSignals } from '../firmware/lock/signals.js';
import { createPlatform } from '../firmware/platform/espruino.js';
import { createSlhTools } from '../firmware/platform/slh-tools.js';
import { confirmedFloor } from '../firmware/update/boot-state.js';

export const SHARED = [
  openJournal, parseIdentity, readPageHeader, readWords, openRegion, parseImage, parseOffer, checkKeyEpoch, signerOf,
  startVerifyImage, openMeter, openSignals, createPlatform, createSlhTools,
  confirmedFloor, startPages, signedMessage,
];
