#!/usr/bin/env node
// Runs the command line from a checkout: TypeScript is loaded as it is.
try {
  const { register } = await import('tsx/esm/api');
  register();
} catch {
  console.error('deadlatch: its own parts are missing here; run "npm install" in its folder first');
  process.exit(1);
}
await import('./main.ts');
