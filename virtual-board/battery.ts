/** A battery with an internal resistance, and what hangs on it. Voltages in millivolts, currents in milliamperes. */

export interface BatteryOptions {
  openCircuitMv: number;
  internalMilliohm: number;
}

/** Currents of an ESP32 lock, order of magnitude from data sheets. */
export const LOAD_MA = { chip: 50, radio: 150, flash: 25, motorRunning: 250, motorStalled: 900, strike: 400 };

export interface Battery {
  /** At the terminals, with everything that is on now. */
  mv(): number;
  /** What the chip sees as enough falls below this: it resets. */
  brownOutMv: number;
  /** Switches a load on (mA) or off (0). */
  load(name: string, ma: number): void;
  loadMa(): number;
  /** Takes the cells out. */
  pull(): void;
  /** Puts cells in. */
  replace(cells: BatteryOptions): void;
  present(): boolean;
  /** Discharges or warms up: changes the cells without a break. */
  set(cells: Partial<BatteryOptions>): void;
  /** Lowest voltage since `clearLowest`. */
  lowestMv(): number;
  clearLowest(): void;
}

/** Cells do not recover at once: this share of a sag is left when its load ends, and fades with this time constant. */
const RECOVERY_SHARE = 0.6;
const RECOVERY_MS = 150;

/** `changed` is called after every change of voltage; `now` is the time in milliseconds. */
export function createBattery(initial: BatteryOptions, brownOutMv: number, changed: (mv: number) => void, now: () => number = () => 0): Battery {
  const cells = { ...initial };
  const loads = new Map<string, number>();
  let present = true;
  let lowest = initial.openCircuitMv;
  let sagMv = 0;
  let sagAtMs = 0;

  function loadMa(): number {
    let total = 0;
    for (const ma of loads.values()) total += ma;
    return total;
  }

  function mv(): number {
    return present ? Math.max(0, cells.openCircuitMv - (loadMa() * cells.internalMilliohm) / 1000 - remainingSag()) : 0;
  }

  function remainingSag(): number {
    return sagMv * Math.exp((sagAtMs - now()) / RECOVERY_MS);
  }

  function update(): void {
    const volts = mv();
    if (volts < lowest) lowest = volts;
    changed(volts);
  }

  return {
    mv,
    brownOutMv,
    load(name, ma) {
      const less = (loads.get(name) ?? 0) - ma;
      if (!less) return;
      if (less > 0) {
        sagMv = remainingSag() + (less * cells.internalMilliohm * RECOVERY_SHARE) / 1000;
        sagAtMs = now();
      }
      if (ma) loads.set(name, ma);
      else loads.delete(name);
      update();
    },
    loadMa,
    pull() {
      present = false;
      update();
    },
    replace(fresh) {
      Object.assign(cells, fresh);
      present = true;
      lowest = fresh.openCircuitMv;
      update();
    },
    present: () => present,
    set(change) {
      Object.assign(cells, change);
      update();
    },
    lowestMv: () => lowest,
    clearLowest() {
      lowest = mv();
    },
  };
}
