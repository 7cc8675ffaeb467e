/** A stand-in for safe mode. */
declare const handover: { slot: number };

print('safe mode after slot ' + handover.slot);
