/** A board on a cable with somebody beside it who does what the doctor asks, in simulated time. */
import { REFERENCE } from '../../boards/reference/index.js';
import type { Wiring } from '../../boards/wiring.js';
import { doctor, type DoctorOptions } from '../../cli/doctor/doctor.js';
import { isWrong, type Finding } from '../../cli/doctor/findings.js';
import { buildImage } from '../../cli/image/build-image.js';
import { createKey } from '../../cli/image/key-file.js';
import { buildLockFlash } from '../../cli/provision/lock-flash.js';
import type { Terminal } from '../../cli/terminal.js';
import { signFirmware } from '../../cli/virtual/firmware.js';
import { keepTyping } from '../../cli/virtual/person.js';
import { openWirePort } from '../../cli/virtual/wire-port.js';
import { buildBootloader } from '../../scripts/build-bootloader.js';
import { buildApp } from '../../scripts/build-firmware.js';
import { boot, type Board } from '../../virtual-board/run.js';
import { createWorld, type World, type WorldOptions } from '../../virtual-board/world.js';

export const WIRING = REFERENCE['esp32-4xaa']!;
export const PIN = '1357';
/** Long enough for a few looks of the doctor, short enough for a person. */
const HOLD_MS = 700;

/** The flash of a lock, for development as a rule, that is meant to be wired as `WIRING`. */
export async function developmentLock({ production = false, calibration }: { production?: boolean; calibration?: number } = {}): Promise<Uint8Array> {
  const key = createKey(!production, new Uint8Array(48).fill(6));
  const version = '0.1.0';
  const image = buildImage(await buildApp({ family: 'esp32', version }), { family: 'esp32', version, counter: 1, channel: production ? 'stable' : 'dev' });
  const { file } = await signFirmware(image, key, version);
  const { text } = await buildBootloader({ family: 'esp32' });
  return buildLockFlash({
    wiring: WIRING, boot0Text: text, image: file, production, keys: [key.publicKey], masterCode: '86420', pins: [PIN], serial: 'DL-patient',
    ...(calibration === undefined ? {} : { calibration }),
  }).bytes;
}

export interface Patient {
  board: Board;
  world: World;
  /** What the person answers instead of what they see: question -> answer; undefined = as they see it. */
  answers?: (question: string) => string | undefined;
  /** How long every answer takes, of the lock's time. */
  thinksMs?: number;
  /** Keys that are not pressed hard enough. */
  weakKeys?: string;
}

/** Presses the wake key of a lock that sleeps. */
function wake({ world, board }: Patient): void {
  if (board.ended() !== 'deepSleep') return;
  world.wake.set(true);
  world.clock.after(120, () => world.wake.set(false));
  board.pump(() => world.chip.running, 1000);
}

/** Whether its code opens it, for somebody who wakes it first. */
export function opens(who: Patient): boolean {
  wake(who);
  return keepTyping(who.board, `${PIN}#`, who.world.bolt.unlocked, 5000) !== undefined;
}

/** `wired`: how it is really wired, where that is not `WIRING`. */
export function patient(options: Partial<WorldOptions> = {}, wired: Partial<Wiring> = {}): Patient {
  const world = createWorld({ seed: 5, wiring: { ...WIRING, ...wired }, ...options });
  return { world, board: boot(world) };
}

export interface Visited {
  findings: Finding[];
  wrong: string[];
  said: string;
}

export async function visit(who: Patient, options: Partial<DoctorOptions> = {}): Promise<Visited> {
  const { world, board } = who;
  const lines: string[] = [];
  const seeBolt = (): string => (world.bolt.position() > 0.9 ? 'out' : world.bolt.position() < 0.1 ? 'in' : 'between');
  let ledFrom = 0;
  let beepFrom = 0;
  const onSince = (signals: readonly { on: boolean }[], from: number): number => signals.slice(from).filter(({ on }) => on).length;
  const SIGHTS: [RegExp, () => string][] = [
    [/taken out of service/, () => 'yes'],
    [/door stand open/, () => 'yes'],
    [/Look at the bolt|Where is the bolt/, seeBolt],
    [/hum or twitch/, () => (world.bolt.energisedMs() > 0 ? 'yes' : 'no')],
    [/multimeter/, () => ''],
    [/blink three times\?/, () => (onSince(world.led, ledFrom) === 3 ? 'yes' : 'no')],
    [/dark now/, () => (world.led.at(-1)?.on ? 'no' : 'yes')],
    [/What did you hear/, () => (onSince(world.beeper, beepFrom) === 3 ? 'beeps' : 'nothing')],
  ];
  const HANDS: [RegExp, () => void][] = [
    [/^Open the door/, () => world.door.set(false)], [/^Close the door/, () => world.door.set(true)],
    [/^Open the recovery/, () => world.strap.set(false)], [/^Close the recovery/, () => world.strap.set(true)],
    [/has fallen asleep/, () => wake(who)],
    [/^Let go of the wake/, () => world.wake.set(false)], [/^Hold the wake/, () => world.wake.set(true)],
    [/hands off/, () => undefined],
  ];
  const time = {
    wait(ms: number): Promise<void> {
      const untilMs = world.clock.now() + ms;
      return new Promise((resolve) => {
        const look = (): void => void (world.clock.now() >= untilMs ? resolve() : setImmediate(look));
        look();
      });
    },
  };
  const terminal: Terminal = {
    asks: true,
    async ask(question) {
      lines.push(question);
      if (who.thinksMs !== undefined) await time.wait(who.thinksMs);
      HANDS.find(([words]) => words.test(question))?.[1]();
      const answer = who.answers?.(question) ?? SIGHTS.find(([words]) => words.test(question))?.[1]();
      if (answer === undefined && !HANDS.some(([words]) => words.test(question))) throw new Error(`nobody knows an answer to: ${question}`);
      return answer ?? '';
    },
    say(text) {
      lines.push(text);
      const key = /^Press (.)$/.exec(text)?.[1];
      if (key !== undefined && !who.weakKeys?.includes(key)) world.keypad.press(key, HOLD_MS);
      if (/light: it blinks/.test(text)) ledFrom = world.led.length;
      if (/^Listen/.test(text)) beepFrom = world.beeper.length;
    },
    progress: () => undefined,
    stopProgress: () => undefined,
  };
  const findings = await doctor({ via: 'virtual', ...options }, terminal, { open: () => Promise.resolve(openWirePort(board)), time });
  return { findings, wrong: findings.filter(isWrong).map(({ part, text }) => `${part}: ${text}`), said: lines.join('\n') };
}
