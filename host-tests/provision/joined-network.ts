/** A record `WIFI` as the firmware reads it. */
import { joinWifi } from '../../firmware/platform/wifi.js';

/** What the firmware would join with that record. */
export function joinedWith(record: Uint8Array): { name: string; password: string } | undefined {
  let network: { name: string; password: string } | undefined;
  const modules = () => ({ connect: (name: string, options: { password: string }) => void (network = { name, password: options.password }) });
  // `require` belongs to the module that it is written in.
  const join = new Function('require', `return ${joinWifi.toString()}`)(modules) as typeof joinWifi;
  join(Buffer.from(record).toString('latin1'));
  return network;
}
