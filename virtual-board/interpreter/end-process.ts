import type { ChildProcess } from 'node:child_process';

/** Takes the power away from an interpreter; resolves when it is gone. Espruino for Linux heeds no other signal. */
export async function endProcess(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  await new Promise((resolve) => {
    child.on('close', resolve);
    child.kill('SIGKILL');
  });
}
