/** A UDP socket of this computer as a way into the lock's own network: datagrams go through as they are. */
import { createSocket, type Socket } from 'node:dgram';
import { SMP_UDP_PORT } from '../../firmware/transports/udp.js';
import type { UdpClient } from '../../virtual-board/links.js';
import type { World } from '../../virtual-board/world.js';
import { Refusal } from '../image/refusal.js';

export const HOST = '127.0.0.1';

/** Binds the port. A port that is taken is refused in one sentence. */
export async function openPort(port: number): Promise<Socket> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, HOST, () => {
      socket.off('error', reject);
      resolve();
    });
  }).catch((error: NodeJS.ErrnoException) => {
    socket.close();
    throw portRefusal(error, `UDP port ${port}`, '--port');
  });
  return socket;
}

/** A port that cannot be had, in one sentence; `option` names another one. */
export function portRefusal(error: NodeJS.ErrnoException, port: string, option: string): Error {
  if (error.code === 'EADDRINUSE') return new Refusal(`${port} on ${HOST} is in use, by another virtual lock perhaps; stop that, or choose another port with ${option}`);
  if (error.code === 'EACCES') return new Refusal(`${port} on ${HOST} is not yours to use; choose one above 1023 with ${option}`);
  return error;
}

/** Passes datagrams on, both ways. `arrived` is called for each that goes to the lock. */
export function bridge(socket: Socket, world: World, arrived: () => void): void {
  const clients = new Map<string, UdpClient>();
  // A client that has gone shows up here; the next one is served all the same.
  socket.on('error', () => undefined);
  socket.on('message', (message, { address, port }) => {
    const name = `${address}:${port}`;
    let client = clients.get(name);
    if (!client) {
      client = world.network.client(address, port);
      client.onMessage = (reply) => {
        client!.received.length = 0;
        socket.send(Buffer.from(reply, 'latin1'), port, address);
      };
      clients.set(name, client);
    }
    client.send(message, SMP_UDP_PORT);
    arrived();
  });
}
