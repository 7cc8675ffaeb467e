/** Espruino's UDP sockets. `on('message')` gives datagrams whole and with their sender; the callback of `createSocket` does not. */
import type { DatagramSocket } from '../transports/udp.js';
import type { Wire } from './types.js';

interface Sender {
  address: string;
  port: number;
}

interface Socket {
  bind(port: number): void;
  on(event: 'message', take: (message: Wire, from: Sender) => void): void;
  send(message: Wire, offset: number, length: number, port: number, address: string): void;
}

declare function require(name: 'dgram'): { createSocket(options: { type: 'udp4'; recvBufferSize: number }): Socket };

/** Binds `port`. Datagrams up to 1472 bytes arrive whole. */
export function openUdp(port: number): DatagramSocket<Sender> {
  const socket = require('dgram').createSocket({ type: 'udp4', recvBufferSize: 1500 });
  socket.bind(port);
  return {
    onDatagram: function (take) {
      socket.on('message', take);
    },
    send: function (datagram, to) {
      socket.send(datagram, 0, datagram.length, to.port, to.address);
    },
  };
}
