/** A stand-in for safe mode. */
export function start(handover: { slot: number }): void {
  print('safe mode after slot ' + handover.slot);
}
