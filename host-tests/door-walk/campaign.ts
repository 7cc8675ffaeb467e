/** Many walks and planted faults, spread over two processes. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Violation } from './invariants.js';
import type { Walked } from './walker.js';

export type Job = { kind: 'walk'; seed: number; events: number } | { kind: 'fault'; name: string };

export type Answer = { kind: 'walked'; walked: Walked } | { kind: 'fault'; violation?: Violation } | { kind: 'failed'; words: string };

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROCESSES = 2;

/** Answers in the order of the jobs. Rejects where a job failed. */
export async function runJobs(jobs: readonly Job[], done: (job: Job, answer: Answer) => void): Promise<void> {
  const workers = Array.from({ length: Math.min(PROCESSES, jobs.length) }, () => fork(WORKER, { cwd: ROOT, execArgv: ['--import', 'tsx'] }));
  try {
    let next = 0;
    await Promise.all(workers.map(async (worker) => {
      while (next < jobs.length) {
        const job = jobs[next++]!;
        done(job, await ask(worker, job));
      }
    }));
  } finally {
    for (const worker of workers) worker.kill();
  }
}

function ask(worker: ChildProcess, job: Job): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error(`the process of job ${JSON.stringify(job)} ended`));
    worker.once('exit', ended);
    worker.once('message', (answer: Answer) => {
      worker.off('exit', ended);
      if (answer.kind === 'failed') reject(new Error(`${JSON.stringify(job)}: ${answer.words}`));
      else resolve(answer);
    });
    worker.send(job);
  });
}
