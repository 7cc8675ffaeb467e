/** SMP over UDP: one datagram is one frame, and the answer goes back to where it came from. */
import type { Wire } from '../platform/types.js';
import type { SmpService } from '../service.js';

/** Where SMP clients look for a server (Zephyr's default). */
export const SMP_UDP_PORT = 1337;

/** A bound socket. `Peer` is whatever it needs to answer. */
export interface DatagramSocket<Peer> {
  onDatagram(take: (datagram: Wire, from: Peer) => void): void;
  send(datagram: Wire, to: Peer): void;
}

export function serveUdp<Peer>(socket: DatagramSocket<Peer>, server: Pick<SmpService, 'receive'>): void {
  const send = socket.send;
  let frame = '';
  socket.onDatagram(function (datagram, from) {
    // An answer holds the variables around it until it is given: the datagram must not be among them.
    frame = datagram;
    take(from);
  });

  function take(from: Peer): void {
    server.receive(frame, (answer) => send(answer, from));
    frame = '';
  }
}
