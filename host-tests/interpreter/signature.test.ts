/** The verifier as it ships, on the real interpreter. Times are only judged against each other: the machine running tests may be busy. */
import { expect, it } from 'vitest';
import { VERIFY_GENUINE, VERIFY_REFUSED } from '../../firmware/image/slh-dsa.js';
import { lengthVerdictsOnInterpreter, signatureFigures, verdictsOnInterpreter } from './signature-run.js';
import { describeWithInterpreter } from './with-interpreter.js';

describeWithInterpreter('Signature verification on the real interpreter', () => {
  it('accepts a genuine signature within its budgets of memory, code and work', { timeout: 120_000 }, async () => {
    const figures = await signatureFigures();
    console.info(`signature verification: ${JSON.stringify(figures, (_, value: unknown) => (typeof value === 'number' ? Math.round(value * 100) / 100 : value))}`);
    expect(figures.verdict).toBe(VERIFY_GENUINE);
    expect(figures.steps).toBeLessThanOrEqual(32);
    expect(figures.hashes).toBeGreaterThan(1900);
    expect(figures.hashes).toBeLessThan(2300);
    expect(figures.bytes).toBeLessThanOrEqual(2236);
    expect(figures.startedVars).toBeLessThanOrEqual(8);
    expect(figures.peakVars).toBeLessThanOrEqual(85);
  });

  it('takes no more time than its hashes in a bare loop: each has to find its memory where the one before had it', { timeout: 120_000 }, async () => {
    const { ms, bareMs } = await signatureFigures();
    expect(ms.plain / bareMs).toBeLessThan(1.2);
    expect(ms.flash / bareMs).toBeLessThan(3.6);
  });

  it('refuses a flipped bit in any part of signature, message and key, and goes on to accept the unchanged one', { timeout: 120_000 }, async () => {
    const signatureBytes = [0, 15, 16, 31, 32, 2927, 2928, 2943, 3487, 3488, 3631, 3632, 7151, 7152, 7711, 7712, 7855];
    const flips = [
      ...signatureBytes.map((byte) => ({ part: 'signature' as const, bit: byte * 8 + (byte % 8) })),
      ...[0, 81].map((byte) => ({ part: 'message' as const, bit: byte * 8 + 7 })),
      ...[0, 15, 16, 31].map((byte) => ({ part: 'key' as const, bit: byte * 8 })),
    ];
    expect(await verdictsOnInterpreter(flips)).toEqual([...flips.map(() => VERIFY_REFUSED), VERIFY_GENUINE]);
  });

  it('refuses wrong lengths', async () => {
    expect(await lengthVerdictsOnInterpreter()).toEqual([VERIFY_REFUSED, VERIFY_REFUSED, VERIFY_REFUSED, VERIFY_REFUSED]);
  });
});
