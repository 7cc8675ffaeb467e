/** SMP over UDP: one datagram is one frame, and the answer goes back to where it came from. */

/** Where SMP clients look for a server (Zephyr's default). */
export const SMP_UDP_PORT = 1337;
