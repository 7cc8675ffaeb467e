/** Ways to a lock's SMP server, as `--via` names them. */
import { SMP_UDP_PORT } from '../../firmware/transports/udp.js';
import { Refusal } from '../image/refusal.js';
import type { Link } from './link.js';
import { openUdpLink } from './udp-link.js';

/** A connection that stands. */
export interface Way {
  link: Link;
  /** Most bytes of a frame that go this way at once, header included. */
  frameBytes: number;
}

export interface Connector {
  /** As a person wrote it: `udp:127.0.0.1`. */
  readonly name: string;
  /** Why nothing may come from the lock, for somebody who has to find out. */
  readonly causes: string;
  /** Opens the way; after a loss, opens it again or finds out that it still stands. Refuses in one sentence. */
  open(): Promise<Way>;
  close(): Promise<void>;
}

/** What arrives whole in one datagram. */
export const UDP_FRAME_BYTES = 1472;
const UDP_CAUSES = 'Is the lock without power, out of its network\'s reach, or restarting? Is somebody at its keypad? The door goes first.';

/** `udp:HOST[:PORT]`; undefined where it is another way. */
export function udpConnector(via: string): Connector | undefined {
  if (!via.startsWith('udp:')) return undefined;
  const match = /^udp:([^:/\s]+)(?::(\d{1,5}))?$/.exec(via);
  const port = Number(match?.[2] ?? SMP_UDP_PORT);
  if (!match || port < 1 || port > 65535) throw new Refusal(`--via ${via}: write it like udp:192.168.1.20 or udp:127.0.0.1:1337`);
  let link: Link | undefined;
  return {
    name: via,
    causes: UDP_CAUSES,
    async open() {
      link ??= await openUdpLink(match[1]!, port).catch(() => {
        throw new Refusal(`${via}: there is no such host; check its name or take its address`);
      });
      return { link, frameBytes: UDP_FRAME_BYTES };
    },
    close() {
      link?.close();
      link = undefined;
      return Promise.resolve();
    },
  };
}
