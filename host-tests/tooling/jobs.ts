/** Jobs spread over processes: `openJobs` here, `serveJobs` in the file that each process runs. */
import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

/** What a process sends back. */
type Reply<Answer> = { answer: Answer } | { failed: string };

export interface Jobs<Job, Answer> {
  /** Answers in the order of the jobs; `done` hears of each as it comes. Rejects where a job failed. */
  run(jobs: readonly Job[], done?: (job: Job, answer: Answer) => void): Promise<Answer[]>;
  /** Ends the processes, whatever they do. */
  close(): void;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** `worker`: the file of each process. They start with the first jobs, one for each core if `processes` is left out, and live until `close`. */
export function openJobs<Job extends object, Answer>(worker: URL, processes = availableParallelism()): Jobs<Job, Answer> {
  const workers: ChildProcess[] = [];
  return {
    async run(jobs, done = () => undefined) {
      while (workers.length < Math.min(processes, jobs.length)) workers.push(fork(worker, { cwd: ROOT, execArgv: ['--import', 'tsx'] }));
      const answers: Answer[] = [];
      let next = 0;
      await Promise.all(workers.map(async (each) => {
        while (next < jobs.length) {
          const index = next++;
          answers[index] = await ask<Job, Answer>(each, jobs[index]!);
          done(jobs[index]!, answers[index]);
        }
      }));
      return answers;
    },
    close: () => workers.forEach((each) => each.kill()),
  };
}

function ask<Job extends object, Answer>(worker: ChildProcess, job: Job): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error(`the process of job ${JSON.stringify(job)} ended`));
    worker.once('exit', ended);
    worker.once('message', (reply: Reply<Answer>) => {
      worker.off('exit', ended);
      if ('failed' in reply) reject(new Error(`${JSON.stringify(job)}: ${reply.failed}`));
      else resolve(reply.answer);
    });
    worker.send(job);
  });
}

/** Takes jobs, one at a time, and answers each. */
export function serveJobs<Job, Answer>(work: (job: Job) => Promise<Answer>): void {
  process.on('message', (job: Job) => {
    work(job).then(
      (answer) => process.send!({ answer } satisfies Reply<Answer>),
      (error: unknown) => process.send!({ failed: error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error) } satisfies Reply<Answer>),
    );
  });
}
