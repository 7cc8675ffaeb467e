/** One process of a campaign of walks: takes jobs, one at a time, and answers each. */
import type { Answer, Job } from './campaign.js';
import { tryFault } from './faults.js';
import { walkDoor } from './walker.js';

async function work(job: Job): Promise<Answer> {
  if (job.kind === 'walk') return { kind: 'walked', walked: walkDoor(job.seed, job.events) };
  const violation = await tryFault(job.name);
  return { kind: 'fault', ...(violation && { violation }) };
}

process.on('message', (job: Job) => {
  work(job).then(
    (answer) => process.send!(answer),
    (error: unknown) => process.send!({ kind: 'failed', words: error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error) } satisfies Answer),
  );
});
