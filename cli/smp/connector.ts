/** The way that `--via` names. */
import { Refusal } from '../image/refusal.js';
import { wireConnector } from './wire.js';
import { udpConnector, type Connector } from './way.js';

/** Opens nothing yet. Refuses what is no way. */
export function connectorFor(via: string): Connector {
  const connector = udpConnector(via) ?? wireConnector(via);
  if (!connector) throw new Refusal(`--via ${via}: it is none of the ways to a lock; write it like serial:/dev/ttyUSB0, serial:COM3, tcp:192.168.1.20:23 or udp:192.168.1.20`);
  return connector;
}

export const VIA_HELP = 'serial:PORT or tcp:HOST:PORT (a development lock\'s console, or the wire in safe mode), or udp:HOST[:PORT]';
