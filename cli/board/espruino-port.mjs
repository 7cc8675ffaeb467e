/**
 * Runs in a process of its own, and nowhere else: the package `espruino` makes globals, patches built-ins, prints, and dies of what its devices
 * throw; the bindings of serial ports do not bear a worker thread. Only its way to open and feed a port is used.
 * Messages out: { opened }, { text }, { closed }, { missing }; in: texts to write. It ends with whoever started it.
 */
import { createRequire } from 'node:module';

const [name, path, baud] = process.argv.slice(2);
const tell = (message) => process.send(message);

process.on('disconnect', () => process.exit());

createRequire(import.meta.url)('espruino').init(() => {
  const { Espruino } = globalThis;
  Espruino.Config.BAUD_RATE = Number(baud);
  const device = Espruino.Core.Serial.devices.find((one) => one.name === name);
  if (!device) return tell({ missing: true });
  process.on('message', (text) => device.write(text));
  device.open(
    path,
    () => tell({ opened: true }),
    (bytes) => tell({ text: String.fromCharCode(...new Uint8Array(bytes)) }),
    () => tell({ closed: true }),
  );
});
