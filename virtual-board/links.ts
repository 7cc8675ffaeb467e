/** Ways to the lock: a UDP network that loses, doubles, delays and reorders, and byte streams (wire, NUS). Bytes are latin1 text. */
import type { Clock } from './clock.js';

export interface LinkFaults {
  /** 0..1 each, for every datagram in either direction. */
  loss: number;
  duplicate: number;
  /** Share of datagrams that take up to `reorderMs` longer. */
  reorder: number;
  reorderMs: number;
  latencyMs: readonly [number, number];
}

export const PERFECT_LINK: LinkFaults = { loss: 0, duplicate: 0, reorder: 0, reorderMs: 0, latencyMs: [2, 5] };

export interface Datagram {
  message: string;
  address: string;
  port: number;
}

/** The lock's end of a socket. */
export interface LockSocket {
  port: number;
  received(datagram: Datagram): void;
}

export interface UdpClient {
  address: string;
  port: number;
  send(message: string | Uint8Array, lockPort?: number): void;
  /** Everything that came back, oldest first. */
  received: string[];
  onMessage: ((message: string) => void) | undefined;
}

export interface Network {
  faults: LinkFaults;
  /** The access point answers. */
  up: boolean;
  client(address?: string, port?: number): UdpClient;
  /** For the lock: */
  open(socket: LockSocket): () => void;
  send(from: LockSocket, datagram: Datagram): void;
  /** Datagrams that reached a socket of the lock so far. */
  delivered(): number;
  /** The lock restarted: its sockets are gone. */
  reset(): void;
}

const text = (message: string | Uint8Array): string => (typeof message === 'string' ? message : Buffer.from(message).toString('latin1'));

export function createNetwork(clock: Clock, random: () => number): Network {
  let sockets: LockSocket[] = [];
  const clients: UdpClient[] = [];
  let delivered = 0;

  const network: Network = {
    faults: { ...PERFECT_LINK },
    up: true,
    client(address = '192.168.1.20', port = 40000 + clients.length) {
      const client: UdpClient = {
        address, port, received: [], onMessage: undefined,
        send(message, lockPort = 1337) {
          const datagram = { message: text(message), address, port };
          travel(() => {
            const socket = sockets.find((one) => one.port === lockPort);
            if (!socket) return;
            delivered++;
            socket.received(datagram);
          });
        },
      };
      clients.push(client);
      return client;
    },
    open(socket) {
      sockets.push(socket);
      return () => {
        sockets = sockets.filter((one) => one !== socket);
      };
    },
    send(_from, datagram) {
      travel(() => {
        const client = clients.find((one) => one.port === datagram.port && one.address === datagram.address);
        if (!client) return;
        client.received.push(datagram.message);
        client.onMessage?.(datagram.message);
      });
    },
    delivered: () => delivered,
    reset() {
      sockets = [];
    },
  };

  function travel(arrive: () => void): void {
    const { loss, duplicate, reorder, reorderMs, latencyMs } = network.faults;
    if (!network.up || random() < loss) return;
    const copies = random() < duplicate ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const late = random() < reorder ? random() * reorderMs : 0;
      clock.after(latencyMs[0] + random() * (latencyMs[1] - latencyMs[0]) + late, arrive);
    }
  }

  return network;
}

/** A wire (or NUS) as both ends see it. */
export interface Stream {
  /** From the host to the lock, in pieces of at most `pieceBytes`. */
  send(message: string | Uint8Array): void;
  /** Everything the lock sent. */
  output: string;
  onOutput: ((piece: string) => void) | undefined;
  /** Bytes the lock may keep without a listener. */
  pieceBytes: number;
  /** Set by the lock's side. */
  listener: ((piece: string) => void) | undefined;
  write(piece: string): void;
  sent(): number;
}

export function createStream(clock: Clock, byteMs: number): Stream {
  let freeAtMs = 0;
  let sent = 0;
  const stream: Stream = {
    output: '',
    onOutput: undefined,
    pieceBytes: 64,
    listener: undefined,
    send(message) {
      const all = text(message);
      for (let offset = 0; offset < all.length; offset += stream.pieceBytes) {
        const piece = all.substring(offset, offset + stream.pieceBytes);
        freeAtMs = Math.max(freeAtMs, clock.now()) + piece.length * byteMs;
        sent++;
        clock.at(freeAtMs, () => stream.listener?.(piece));
      }
    },
    write(piece) {
      stream.output += piece;
      stream.onOutput?.(piece);
    },
    sent: () => sent,
  };
  return stream;
}
