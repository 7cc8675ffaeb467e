/** The virtual board's wire on a TCP port of this computer: what a USB serial adapter is to a real board. One program has it at a time. */
import { createServer, type Server, type Socket } from 'node:net';
import type { World } from '../../virtual-board/world.js';
import { HOST, portRefusal } from './bridge.js';

/** Where the wire is without `--wire`. */
export const WIRE_PORT = 2324;

/** Takes the port. One that is in use is refused in one sentence. */
export async function openWire(port: number): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => {
      server.off('error', reject);
      resolve();
    });
  }).catch((error: NodeJS.ErrnoException) => {
    throw portRefusal(error, `TCP port ${port}`, '--wire');
  });
  return server;
}

/**
 * Passes characters on, both ways. `arrived` is called for what goes to the board, `refused` when a second program asks for the wire. Gives what
 * lets go of the port and of whoever has the wire.
 */
export function connectWire(server: Server, world: World, arrived: () => void, refused: () => void): () => void {
  const { serial } = world;
  let holder: Socket | undefined;
  serial.onOutput = (piece) => {
    serial.output = '';
    holder?.write(Buffer.from(piece, 'latin1'));
  };
  server.on('connection', (socket) => {
    // A program that is gone shows up here; the next one gets the wire.
    socket.on('error', () => socket.destroy());
    if (holder) {
      socket.end();
      return refused();
    }
    holder = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => {
      serial.send(bytes);
      arrived();
    });
    socket.on('close', () => {
      holder = undefined;
    });
  });
  return () => {
    holder?.destroy();
    server.close();
  };
}
