/** What the prelude and the harness say to each other, and the file the prelude starts from. Pins are D numbers. */

/** `prelude.json`, written before every start. */
export interface Settings {
  /** Where reports go, on 127.0.0.1. */
  port: number;
  /** Pins whose level is reported when the firmware changes it. */
  report: number[];
  /** Closed switches, each between two pins. */
  switches: [number, number][];
  /** Levels that something outside holds pins at. */
  levels: Record<number, 0 | 1>;
  /** What the ADC reads, 0..1 of its full scale. */
  analog: Record<number, number>;
  bolt?: BoltSettings;
  /** Where the bolt is: milliseconds of motor time from locked. */
  boltMs: number;
  jammed: boolean;
  /** UDP ports that the firmware binds -> ports the test has free. */
  ports: Record<number, number>;
  /** Flash that takes a real part's time; without it, as fast as the file. */
  flash?: { eraseMs: number; write256Ms: number };
  /** The wire of a development board's console is telnet. */
  console: boolean;
  /** For `E.hwRand`, not 0. */
  seed: number;
}

export interface BoltSettings {
  in1: number;
  in2: number;
  travelMs: number;
  locked: { pin: number; active: 0 | 1 };
  unlocked: { pin: number; active: 0 | 1 };
}

export type BoltState = 'locked' | 'between' | 'unlocked';

/** From the prelude to the test. */
export type Report =
  /** The interpreter runs; JsVars in use with the prelude alone. */
  | ['hello', number]
  /** A command has arrived: the next may be sent. */
  | ['taken']
  | ['log', string]
  /** An exception that nobody caught: its text. */
  | ['uncaught', string]
  | ['out', pin: number, level: 0 | 1]
  | ['pulse', pin: number, level: 0 | 1, ms: number]
  /** 0 Hz: silence. */
  | ['tone', pin: number, hz: number]
  | ['bolt', state: BoltState, boltMs: number]
  | ['watchdog', seconds: number]
  | ['kick']
  /** All keys of a `type` command were pressed, seen and released. */
  | ['typed']
  /** The firmware wrote this to the serial port: base64. */
  | ['wire', base64: string]
  | ['value', id: number, failed: number, value: unknown];

/** From the test to the prelude. */
export type Command =
  /** Presses the keys one after the other, each until the firmware has read it several times. */
  | ['type', keys: [row: number, column: number][]]
  | ['switches', [number, number][]]
  | ['level', pin: number, level: 0 | 1 | null]
  | ['analog', pin: number, value: number]
  | ['jam', boolean]
  /** These characters arrive at the serial port: base64. */
  | ['wire', base64: string]
  | ['evaluate', id: number, text: string];
