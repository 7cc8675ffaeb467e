/**
 * Row of docs/requirements.md -> the tests that show it. A row is here only if its tests show all of it on this stage of the
 * project; what a phone, Bluetooth or a bridge has to add is not here.
 */
import type { Shown } from './rows.js';

const of = (file: string, ...tests: string[]): Shown => ({ file, tests });

const REFUSED = of('hostile/refusals.test.ts', 'an image for > %s is refused as an offer before anything is written, and as an upload before it is tried');
const RESUMED = of(
  'update/upload.test.ts', 'a power cut > in any operation of an upload leaves whole pages, and the same command finishes the job',
  'a power cut > costs no page that was done: the answer to the first chunk says where to go on',
);
const STORY = of('cli/story.test.ts', 'the story of an update > holds from the first start to the refused strangers, and is the same whenever it is told again');
const WIRE = of(
  'hostile/frames.test.ts',
  'the wire, in safe mode > stands any text and any frame; without a code at the keypad nothing is written, with one it takes the update',
);
const SLOTS_DAMAGED = of('hostile/pages.test.ts', 'damaged pages > of the slots mean safe mode at worst, with its reason, and the PIN opens there');
const REASON_KEPT = of('evidence/life.test.ts', 'safe mode on request > keeps its reason in flash, where the next start finds it, and leaves the confirmed image alone');
const UPDATER = of('update/upload.test.ts', 'test > refuses an image for %s');

const REPORT = of('cli/flash.test.ts', 'deadlatch flash > tells the model, the confirmed version, what was rolled back and why, and how far each start came');
const POWER_CUTS = of('explorer/powercut.test.ts', 'a lock that loses power > in any flash operation of any flow boots, opens to the right PIN in time, and takes the update in the end');
const WRITTEN = 'what people read';

export const SHOWN_BY: Record<number, readonly Shown[]> = {
  1: [of(
    'update/upload.test.ts', 'an upload > needs a good battery to begin',
    'a sagging battery > holds a chunk for a moment, then sends it back with the offset to go on from',
    'a sagging battery > is waited for by our own client, and the upload goes on where it stopped',
    'a sagging battery > for ten minutes ends the attempt with a reason; the pages stay',
  ), of('lock/battery.test.ts', 'Four alkaline cells > that sag pause the writing, resume when they recover, and end it after ten minutes')],
  2: [
    of(
      'lock/battery.test.ts', 'Four alkaline cells > a refusal says in volts what was read and what is needed, at rest and under load',
      'Four alkaline cells > fresh ones pass', 'Four alkaline cells > below 4.5 V at rest are refused without a test',
      'Four alkaline cells > between 4.5 and 4.8 V the loaded reading decides',
    ),
    of('update/upload.test.ts', 'an upload > needs a good battery to begin'),
    of('docs/playbook.test.ts', 'the error table > tells a person what happened, whether the door is safe, and what to do'),
  ],
  4: [
    of('docs/playbook.test.ts', 'the error table > tells a person what happened, whether the door is safe, and what to do'),
    of('update/offers.test.ts', 'a version that rolled back > is copied from the journal once'),
    of('update/upload.test.ts', 'a sagging battery > for ten minutes ends the attempt with a reason; the pages stay'),
    REPORT,
    STORY,
  ],
  5: [
    RESUMED, of('update/upload.test.ts', 'an upload > survives a link that loses a fifth of everything'),
    of('evidence/life.test.ts', 'an update that one client began > over the network goes on over the wire, in safe mode, from where it stopped'),
  ],
  6: [RESUMED, of('evidence/life.test.ts', 'an update that one client began > is finished by another, from where the first one stopped')],
  8: [
    of('smp/server.test.ts', 'the frame > of a newer protocol is refused with rc 13, in the newest version the lock speaks', 'hostile frames > get a clear answer or none, write nothing and never throw'),
    of('update/offers.test.ts', 'an upload that follows an accepted offer > never takes a page that differs from it, and ends when the same one comes again and again (byte %i)'), UPDATER,
  ],
  9: [
    of('smp/server.test.ts', 'group 0 > names buffer sizes', 'the frame > in a flood is refused with rc 10 once enough are waiting'),
    of('evidence/life.test.ts', 'an upload with three chunks under way > never has more, and no frame is larger than the lock said it takes'),
  ],
  10: [
    of('hostile/refusals.test.ts', 'an image larger than a slot > is refused before the first erase, whether its header or the client says so'),
    of('update/session.test.ts', 'an update from the file to the verdict > is offered, sent with its speed, tried and confirmed; the same once more is no work'),
  ],
  18: [POWER_CUTS],
  20: [REFUSED, of('image/verify.test.ts', 'an image is refused with a code of its own: > %s')],
  21: [
    REFUSED, of('image/build-image.test.ts', 'a dev key signs channel dev and nothing else, a release key everything'),
    of('image/verify.test.ts', 'an image is refused with a code of its own: > a dev image on a production board, and the same image passes on a dev board'),
  ],
  23: [
    of('update/upload.test.ts', 'test > sets the trial with one record once everything was checked'),
    of('hostile/frames.test.ts', 'frames sent while the window is open > change only what a window grants, and leave a lock that takes the genuine update afterwards'),
    of('flash/journal-model.test.ts', 'any sequence of appends, marks and power cuts leaves the old or the new record'),
  ],
  24: [SLOTS_DAMAGED, WIRE, of('update/offers.test.ts', 'safe mode > takes the confirmed version again over the wire, into the other slot, and nothing older')],
  25: [
    REASON_KEPT, of('hostile/pages.test.ts', 'damaged pages > of journal, records and both slots: everything is gone but the identity, and the recovery code opens'),
    of('lock/door.test.ts', 'The bolt > has no current a tenth of a second after the interpreter hangs', 'The bolt > that jams is tried three times, then left alone and told'),
  ],
  27: [
    of('docs/playbook.test.ts', 'the playbook > has a place for every code, and exactly one', 'the error table > has one entry for every code, under its own name and number'),
    of('lock/codes.test.ts', 'An error code > is two hex digits: long counts four, short counts one, zero is two ticks', 'An error code > is heard differently for every code'),
  ],
  28: [of(
    'lock/door.test.ts', 'The bolt > that jams is tried three times, then left alone and told', 'The bolt > that comes free at the second try opens',
    'The bolt > has no current a tenth of a second after the interpreter hangs',
  )],
  29: [SLOTS_DAMAGED, WIRE, STORY],
  32: [
    RESUMED, of('update/upload.test.ts', 'the window > is closed by a restart, but the upload goes on'),
    of('update/offers.test.ts', 'an upload that follows an accepted offer > goes on after a restart, still checked'),
  ],
  33: [
    of('bootloader/decide.test.ts', 'the boot decision > rolls back after three attempts', 'the boot decision > rebuilds a lost journal from what verifies, and enters safe mode when nothing does'),
    of('lock/door.test.ts', 'The bolt > is never moved by a restart, wherever it stands'), STORY, SLOTS_DAMAGED,
  ],
  35: [
    of('hostile/refusals.test.ts', 'a page of flash that does not keep what it is given > ends the upload with 0xE4 and the reason; the same file goes on where it stopped once the page holds'),
    of('flash/journal.test.ts', 'the journal > moves to a spare page when a page fails, remembers it, and leaves the record store its own'),
    of('docs/playbook.test.ts', 'the error table > keeps the two numbers that people already look up: 0xE4 for read-back, 0x86 for a digest'),
  ],
  36: [
    of('hostile/refusals.test.ts', 'a flipped bit > in the body of an upload is 0x86 when a trial is asked for, and nothing else'),
    of('image/verify.test.ts', 'whatever single bit is changed > in the image, it is refused'),
    of('docs/playbook.test.ts', 'the error table > keeps the two numbers that people already look up: 0xE4 for read-back, 0x86 for a digest'),
  ],
  34: [
    POWER_CUTS, of('virtual-board/run.test.ts', 'the end of a run > bites by watchdog when the firmware hangs or forgets to kick'),
    of('evidence/life.test.ts', `${WRITTEN} > says when to stop and get help, with counts`),
  ],
  38: [
    of('smp/server.test.ts', 'group 1, state > lists the running image as slot 0 with every flag written out'),
    REPORT, STORY,
  ],
  39: [REPORT, of('evidence/life.test.ts', `${WRITTEN} > names version, serial number, model, revision and boot state in one answer`)],
  41: [POWER_CUTS, of('bootloader/decide.test.ts', 'the boot decision > always comes to an end, and never runs what did not verify, whatever the facts')],
  42: [RESUMED, STORY],
  45: [of(
    'lock/door.test.ts', 'The bolt > has no current a tenth of a second after the interpreter hangs', 'The bolt > cut in the middle of a throw stays there until somebody asks',
    'The bolt > that jams is tried three times, then left alone and told', 'The lock > drives only one side of the bridge',
  ), of('virtual-board/run.test.ts', 'what must never happen is reported > a motor that only the interpreter would switch off')],
  47: [of('evidence/life.test.ts', `${WRITTEN} > says when to stop and get help, with counts`)],
  48: [of('update/upload.test.ts', 'the window > closes after ten minutes: what began may end, nothing new begins'), STORY],
  49: [
    of('evidence/life.test.ts', 'an update that one client began > is finished by another, from where the first one stopped'),
    of('update/upload.test.ts', 'an upload > answers a repeated last chunk, and the same file sent again, with "it is all here"'),
  ],
  51: [
    of('evidence/life.test.ts', 'an update that one client began > makes way for a person: the PIN opens in the middle of it, and it ends well'),
    of('update/upload.test.ts', 'an upload > stops between erase and program when a key is pressed in between'),
  ],
  52: [of('evidence/life.test.ts', 'an update that one client began > over the network goes on over the wire, in safe mode, from where it stopped')],
  54: [WIRE, of('evidence/life.test.ts', 'an update that one client began > over the network goes on over the wire, in safe mode, from where it stopped')],
  55: [of('evidence/life.test.ts', 'safe mode on request > comes with the strap inside the door closed, before any image runs, and opens the wire without a code')],
  57: [of('evidence/life.test.ts', 'safe mode on request > comes with * and # held from power-on for three seconds, and not with less')],
  59: [
    of('flash/region.test.ts', 'a region > refuses every address outside, also across its end, and touches nothing'),
    of('hostile/frames.test.ts', 'frames sent while the window is open > change only what a window grants, and leave a lock that takes the genuine update afterwards'),
    of('update/upload.test.ts', 'erase > never touches the running slot', 'while a trial is set or running > no request writes anything: upload and offer get rc 9, erase rc 6'),
  ],
  60: [of(
    'image/commands.test.ts', 'sign, then verify and inspect > go together, and releases.jsonl tells what was signed',
    'bad images are refused in one sentence > verify tells an unknown key, a wrong signature and an unsigned image apart',
  )],
  61: [
    WIRE, of('virtual-board/run.test.ts', 'links to the firmware > cuts serial data into pieces of 64 bytes, and gives the console nothing to evaluate once it is null'),
    of('evidence/life.test.ts', `${WRITTEN} > gives the serial settings where somebody looks for them`),
  ],
  66: [STORY, of('update/upload.test.ts', 'test > under a trial refuses the other image, and confirms nothing before health does')],
  67: [STORY, of('hostile/refusals.test.ts', 'a version that rolled back > is refused from then on as an offer and as an upload, and nothing is written for it')],
  69: [REFUSED, UPDATER],
  72: [
    REFUSED, of('update/offers.test.ts', 'an offer > is accepted once its signature was verified, and no slot was touched'),
    of('update/upload.test.ts', 'test > refuses a flipped bit in the body, the page list and the signature'),
    of('image/verify.test.ts', 'a genuine image > is accepted in full, page after page and then the signature, whatever lies behind it in the slot'),
  ],
  73: [STORY],
  74: [of(
    'docs/playbook.test.ts', 'the playbook > says what the error table says: run `npx tsx scripts/playbook.ts` when this fails',
    'the playbook > has a place for every code, and exactly one',
  )],
  75: [
    of('image/commands.test.ts', 'sign, then verify and inspect > go together, and releases.jsonl tells what was signed'),
    of('update/offers.test.ts', 'a version that rolled back > is forgotten when it was applied later, and the history keeps the newest twenty'),
  ],
  77: [
    of('boards/boards.test.ts', 'reference wirings > %s passes every check and fits its record', 'flash of a chip family > %s: every region fits'),
    of('tooling/build.test.ts', 'the bundles that ship > %s: hold nothing that writes Storage or leaves the app'),
  ],
  79: [
    of('docs/boards.test.ts', 'the pages of the boards > say how a lock with flat cells is fed from outside, and never with 9 V as they are'),
    of('cli/drill.test.ts', 'on the virtual lock > every step holds where a person does what is asked, wherever the power cut tears a page'),
  ],
  80: [of(
    'image/commands.test.ts', 'sign, then verify and inspect > go together, and releases.jsonl tells what was signed',
    'sign, then verify and inspect > inspect says in words what is in an unsigned image',
  )],
};
