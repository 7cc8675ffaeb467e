/** Espruino's UDP sockets. `on('message')` gives datagrams whole and with their sender; the callback of `createSocket` does not. */
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

/** Binds `port` and calls `take` with each datagram, up to 1472 bytes of which arrive whole, and what answers its sender. */
export function openUdp(port: number, take: (datagram: Wire, answer: (datagram: Wire) => void) => void): void {
  const socket = require('dgram').createSocket({ type: 'udp4', recvBufferSize: 1500 });
  socket.bind(port);
  socket.on('message', function (datagram, from) {
    take(datagram, answerTo(from));
  });

  /** An answer holds the variables around it until it is given: the datagram must not be among them. */
  function answerTo(from: Sender): (datagram: Wire) => void {
    return (datagram) => socket.send(datagram, 0, datagram.length, from.port, from.address);
  }
}
