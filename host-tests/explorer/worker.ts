/** One process of a campaign. */
import { serveJobs } from '../tooling/jobs.js';
import { createExplorer, type Explorer } from './explore.js';
import type { Answer, Job } from './campaign.js';
import { openLab, prepareImage } from './lab.js';
import { tryFault } from './faults.js';

let explorer: Promise<Explorer> | undefined;

serveJobs<Job, Answer>(async (job) => {
  if (job.kind === 'sign') {
    await prepareImage(job.image);
    return { kind: 'done' };
  }
  if (job.kind === 'fault') return { kind: 'fault', caught: await tryFault(job.name) };
  explorer ??= openLab().then((lab) => createExplorer(lab));
  const ready = await explorer;
  if (job.kind === 'flow') return { kind: 'flow', operations: ready.operations(job.flow), history: ready.history(job.flow) };
  if (job.kind === 'nested') return { kind: 'tally', tally: ready.nested(job.from, job.to) };
  return { kind: 'tally', tally: ready.cut(job.flow, job.from, job.to, job.torn) };
});
