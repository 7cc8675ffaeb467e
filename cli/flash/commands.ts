/** `deadlatch flash`: what a lock's flash says. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { Refusal, reasonOf } from '../image/refusal.js';
import { refusable } from '../refusable.js';
import { readLock, type LockReport } from './read-lock.js';

export function registerFlashCommand(program: Command): void {
  program.command('flash')
    .description('tell what a lock\'s flash says: images, trial, verdicts, the last starts')
    .argument('<file>', 'all of Storage, as read from a board, or the virtual lock\'s flash file')
    .option('--json', 'print it for scripts')
    .action(refusable(async (file: string, options: { json?: boolean }) => {
      const report = readLock(read(file), file);
      console.log(options.json ? JSON.stringify(report) : inWords(report));
    }));
}

function read(file: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(file));
  } catch (error) {
    throw new Refusal(`${file}: cannot be read, ${reasonOf(error)}`);
  }
}

function inWords(report: LockReport): string {
  return [
    `${report.model}, serial ${report.serial}, ${report.family}, hardware revision ${report.hardwareRevision}, ${report.production ? 'production' : 'development'}`,
    ...report.slots.map((each) => `slot ${each.slot}: ${each.version ?? '-'} (${each.state})`),
    report.confirmed
      ? `confirmed: ${report.confirmed.version} in slot ${report.confirmed.slot}, security counter ${report.confirmed.securityCounter}, key epoch ${report.confirmed.keyEpoch}`
      : 'confirmed: nothing yet; the first start verifies both slots',
    ...(report.trial ? [`on trial: ${report.trial.version} in slot ${report.trial.slot}, ${report.trial.attemptsUsed} of 3 attempts used`] : []),
    ...report.verdicts.map((each) => `verdict: ${each}`),
    ...(report.failingPages ? [`failing pages: ${report.failingPages}`] : []),
    ...(report.starts.length ? ['last starts:', ...report.starts.map((each) => `  ${each}`)] : []),
  ].join('\n');
}
