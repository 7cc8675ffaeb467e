/** One process of a campaign of walks. */
import { serveJobs } from '../tooling/jobs.js';
import type { Answer, Job } from './campaign.js';
import { tryFault } from './faults.js';
import { firstDifference } from './interpreter.js';
import { walkDoor } from './walker.js';

serveJobs<Job, Answer>(async (job) => {
  if (job.kind === 'walk') return { kind: 'walked', walked: walkDoor(job.seed, job.events) };
  if (job.kind === 'interpreter') return { kind: 'interpreter', difference: await firstDifference(job.seed, job.events) };
  return { kind: 'fault', violation: await tryFault(job.name) };
});
