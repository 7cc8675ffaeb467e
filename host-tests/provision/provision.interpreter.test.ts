/**
 * The whole way on the real interpreter: an empty board whose console is on telnet becomes a lock that opens with its code, with the power cut
 * on the way. Espruino for Linux serves its telnet console on one fixed port, so all of it is one file.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKey, writeKeyFiles } from '../../cli/image/key-file.js';
import { readLock } from '../../cli/flash/read-lock.js';
import { provision, type ProvisionOptions } from '../../cli/provision/provision.js';
import type { Terminal } from '../../cli/terminal.js';
import { findEspruino } from '../../virtual-board/interpreter/find.js';
import { CONSOLE_PORT, createInterpreter, PRELUDE } from '../../virtual-board/interpreter/interpreter.js';
import { takeConsolePort } from '../interpreter/console-port.js';
import { wiring } from '../interpreter/locks.js';
import { boltMoved, startUp } from '../interpreter/lock-waits.js';
import { describeWithInterpreter } from '../interpreter/with-interpreter.js';
import { telnetBoard, type TelnetBoard } from './telnet-board.js';

const VIA = `tcp:127.0.0.1:${CONSOLE_PORT}`;
const MASTER_CODE = '86420';

describeWithInterpreter('provisioning over the console of the real interpreter', () => {
  let folder: string;
  let options: ProvisionOptions;
  let board: TelnetBoard;
  let releasePort: () => Promise<void>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'deadlatch-provision-'));
    board = telnetBoard(folder);
    const key = join(folder, 'dev.key');
    // The same one each time: its signatures are kept.
    await writeKeyFiles(key, createKey(true, new Uint8Array(48).fill(6)), undefined, new Date(0));
    options = { via: VIA, wiring: 'linux', master: MASTER_CODE, pin: '1357', key, folder: join(folder, 'home'), prelude: PRELUDE };
    await mkdir(options.folder);
    releasePort = await takeConsolePort();
  }, 300_000);

  afterAll(async () => {
    await board.powerOff();
    await releasePort();
    await rm(folder, { recursive: true, force: true });
  });

  /** A terminal nobody sits at. The power fails when so many pages are done. */
  function logTerminal(cutAt = Infinity): Terminal & { text: string } {
    return {
      text: '', asks: false,
      ask: (question) => Promise.reject(new Error(`asked: ${question}`)),
      say(text) {
        this.text += `${text}\n`;
      },
      progress(done) {
        if (done >= cutAt) void board.powerOff();
      },
      stopProgress: () => undefined,
    };
  }

  const unfinished = async (): Promise<string[]> => (await readdir(options.folder)).filter((name) => name.startsWith('unfinished-'));
  const codeIn = (text: string): string => /recovery code +([\d ]{14})/.exec(text)![1]!;

  test('cut three times on the way, it goes on with the same codes, and the lock opens with its PIN', async () => {
    let serial: string | undefined;
    for (const cutAt of [37, 50, 63]) {
      await board.powerOn();
      const terminal = logTerminal(cutAt);
      await expect(provision(options, terminal), `cut at page ${cutAt}`).rejects.toThrow(/connection broke|does not answer any more/);
      await board.powerOff();
      const [name] = await unfinished();
      const path = join(options.folder, name!);
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      const kept = JSON.parse(await readFile(path, 'utf8')) as { serial: string };
      serial ??= kept.serial;
      expect(kept.serial).toBe(serial);
      expect(terminal.text).not.toMatch(/recovery code/);
    }
    await board.powerOn();
    const terminal = logTerminal();
    await provision(options, terminal);
    await board.powerOff();
    expect(terminal.text).toContain(`Going on with the lock ${serial}`);
    expect(await unfinished()).toEqual([]);
    expect(readLock(await board.flash(), 'flash').serial).toBe(serial);

    const lock = await createInterpreter({ flash: await board.flash(), wiring });
    try {
      await startUp(lock);
      await boltMoved(lock, 'unlocked', '1357#');
      await boltMoved(lock, 'locked', '#');
      await boltMoved(lock, 'unlocked', `${codeIn(terminal.text).replaceAll(' ', '')}#`);
    } finally {
      await lock.close();
    }
  }, 240_000);

  test('foreign files stay until somebody allows to erase them', async () => {
    await rm(join(folder, 'espruino.flash'), { force: true });
    await run('require("Storage").write("blink.js","on();")');
    await board.powerOn();
    const before = await board.flash();
    await expect(provision(options, logTerminal())).rejects.toThrow(/^asked: On the board are files: blink\.js\. All of it will be erased/);
    await board.powerOff();
    expect(Buffer.compare(await board.flash(), before)).toBe(0);
    await board.powerOn();
    await provision({ ...options, yes: true, serial: 'DL-second' }, logTerminal());
    await board.powerOff();
    expect(readLock(await board.flash(), 'flash')).toMatchObject({ serial: 'DL-second', production: false });
  }, 180_000);

  test('nothing listens: refused in one sentence; told its codes when the last step of a lock was under way there', async () => {
    await expect(provision(options, logTerminal())).rejects.toThrow(/^tcp:127\.0\.0\.1:2323: it cannot be opened: nothing listens there; check host and port$/);
    const path = join(options.folder, 'unfinished-x.json');
    const last = {
      via: VIA, deviceId: '00', codeSalt: '00', serial: 'DL-third', recoveryCode: '123456789012', masterCode: '4711', masterMade: false, pin: '1357',
      chip: 'x', ownerKey: '11'.repeat(32), makerKey: '22'.repeat(32), wiring: wiring.name, production: true, erased: true, finishing: true,
    };
    await writeFile(path, JSON.stringify(last), { mode: 0o600 });
    const terminal = logTerminal();
    await provision(options, terminal);
    expect(terminal.text).toMatch(/last step for the lock DL-third was under way/);
    expect(codeIn(terminal.text)).toBe('1234 5678 9012');
    expect(await unfinished()).toEqual(['unfinished-x.json']);
    await rm(path);
  }, 30_000);

  /** Runs a script on the interpreter, with the flash of this folder. */
  async function run(script: string): Promise<void> {
    await writeFile(join(folder, 'script.js'), script);
    const started = spawn(findEspruino().path!, ['script.js'], { cwd: folder, stdio: ['pipe', 'ignore', 'ignore'] });
    await new Promise((resolve) => started.on('close', resolve));
  }
});
