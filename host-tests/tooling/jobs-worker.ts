/** A process for jobs.test.ts: doubles numbers, refuses negative ones, and ends at 13. */
import { serveJobs } from './jobs.js';

serveJobs<{ number: number }, number>(async ({ number }) => {
  if (number === 13) process.exit(1);
  if (number < 0) throw new Error('no negative numbers');
  return Promise.resolve(2 * number);
});
