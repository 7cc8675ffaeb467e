/** Joins a Wi-Fi network. Does not block: sockets work once the network is there. */
declare function require(name: 'Wifi'): { connect(name: string, options: { password: string }, done: (error?: unknown) => void): void };

/** `network`: name, NUL, password. Chips without Wi-Fi do nothing. */
export function joinWifi(network: string): void {
  const end = network.indexOf('\0');
  try {
    require('Wifi').connect(network.substr(0, end), { password: network.substr(end + 1) }, () => undefined);
  } catch (_) {
    // No Wi-Fi module in this build.
  }
}
