/** SMP over a real UDP socket. Loss is the client's business: it repeats what was not answered. */
import { createSocket } from 'node:dgram';
import { SMP_UDP_PORT } from '../../firmware/transports/udp.js';
import type { Link } from './link.js';

/** Opens a socket towards `host`. Rejects where the name cannot be resolved. */
export async function openUdpLink(host: string, port = SMP_UDP_PORT): Promise<Link> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.connect(port, host, () => {
      socket.off('error', reject);
      resolve();
    });
  });
  // A closed port answers with ICMP, which arrives here as an error: the lock may be restarting.
  socket.on('error', () => undefined);
  let open = true;
  return {
    send: (frame) => {
      if (open) socket.send(Buffer.from(frame, 'latin1'));
    },
    onFrame: (take) => {
      socket.removeAllListeners('message');
      socket.on('message', (message) => take(message.toString('latin1')));
    },
    close: () => {
      open = false;
      socket.close();
    },
  };
}
