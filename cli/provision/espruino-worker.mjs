/**
 * Runs in a worker thread, and nowhere else: the package `espruino` makes globals, patches built-ins, prints, and dies of what its devices
 * throw. Only its way to open and feed a port is used.
 * Messages out: { opened }, { text }, { closed }, { missing }; in: a text to write, or null to close.
 */
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

const { device: name, path, baud } = workerData;

createRequire(import.meta.url)('espruino').init(() => {
  const { Espruino } = globalThis;
  Espruino.Config.BAUD_RATE = baud;
  const device = Espruino.Core.Serial.devices.find((one) => one.name === name);
  if (!device) return parentPort.postMessage({ missing: true });
  parentPort.on('message', (text) => (text === null ? device.close() : device.write(text)));
  device.open(
    path,
    () => parentPort.postMessage({ opened: true }),
    (bytes) => parentPort.postMessage({ text: String.fromCharCode(...new Uint8Array(bytes)) }),
    () => parentPort.postMessage({ closed: true }),
  );
});
