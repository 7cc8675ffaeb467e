/** Jobs in processes of their own. */
import { expect, it } from 'vitest';
import { openJobs } from './jobs.js';

const numbers = (...given: number[]): { number: number }[] => given.map((number) => ({ number }));

it('jobs are answered in their order, each is heard of, and one that fails or ends its process is named', async () => {
  const jobs = openJobs<{ number: number }, number>(new URL('./jobs-worker.ts', import.meta.url), 2);
  try {
    const heard: number[] = [];
    expect(await jobs.run(numbers(3, 1, 2), ({ number }) => heard.push(number))).toEqual([6, 2, 4]);
    expect(heard.sort()).toEqual([1, 2, 3]);
    await expect(jobs.run(numbers(-1))).rejects.toThrow('{"number":-1}: no negative numbers');
    expect(await jobs.run(numbers(5))).toEqual([10]);
    await expect(jobs.run(numbers(13))).rejects.toThrow('the process of job {"number":13} ended');
  } finally {
    jobs.close();
  }
}, 60_000);
