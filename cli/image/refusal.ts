/** A command cannot do what was asked. The message is one sentence: file, field, what to do. Commands print it and end with 1. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** What went wrong in a system call, in words a person can use. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'it does not exist';
  if (code === 'EEXIST') return 'it exists already';
  if (code === 'EACCES' || code === 'EPERM') return 'you are not allowed to';
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'the disk is full';
  if (code === 'EROFS') return 'the disk is read-only';
  if (code === 'EISDIR') return 'it is a folder';
  if (code === 'ENOSPC') return 'the disk is full';
  if (code === 'ENOTDIR') return 'its folder is a file';
  return error instanceof Error ? error.message : String(error);
}
