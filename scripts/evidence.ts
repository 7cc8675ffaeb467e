/** `npm run -s evidence -- [NAME]`: one JSON object on one line for each piece of evidence; progress goes to standard error. */
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { EVIDENCE_NAMES, evidenceOf, type EvidenceName, type EvidenceOptions } from '../host-tests/evidence/index.js';

const USAGE = `usage: npm run -s evidence -- [${EVIDENCE_NAMES.join(' | ')}]`;
/** Where no bar can be drawn, a line this often. */
const LINE_EVERY_MS = 10_000;

interface Wanted {
  names: readonly EvidenceName[];
  repeat?: string;
}

/** Throws an Error with one sentence. */
function wantedIn(given: string[]): Wanted {
  const { values, positionals } = parseArgs({ args: given, allowPositionals: true, options: { repeat: { type: 'string' } } });
  const [name, ...more] = positionals;
  const known = EVIDENCE_NAMES.find((each) => each === name);
  if (name !== undefined && !known) throw new Error(`there is no evidence named "${name}"`);
  if (more.length) throw new Error('one name at a time, or none for all');
  if (values.repeat !== undefined && known !== 'powercut' && known !== 'door') throw new Error('--repeat goes with powercut and door');
  return { names: known ? [known] : EVIDENCE_NAMES, ...(values.repeat === undefined ? {} : { repeat: values.repeat }) };
}

interface Reporter {
  progress: EvidenceOptions['progress'];
  end(): void;
}

function reporterFor(name: string): Reporter {
  if (process.stderr.isTTY) {
    const bar = new SingleBar({ stream: process.stderr, format: `${name} [{bar}] {percentage} % {words}`, barsize: 30, barCompleteChar: '#', barIncompleteChar: '.' });
    bar.start(100, 0, { words: '' });
    return { progress: (share, words) => bar.update(Math.floor(share * 100), { words }), end: () => bar.stop() };
  }
  let lastMs = -Infinity;
  return {
    progress(share, words) {
      if (performance.now() - lastMs < LINE_EVERY_MS) return;
      lastMs = performance.now();
      console.error(`${name}: ${Math.floor(share * 100)} %, ${words}`);
    },
    end: () => undefined,
  };
}

async function main(): Promise<void> {
  let wanted: Wanted;
  try {
    wanted = wantedIn(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}; ${USAGE}`);
    process.exitCode = 1;
    return;
  }
  for (const name of wanted.names) {
    const reporter = reporterFor(name);
    try {
      const evidence = await evidenceOf(name, { progress: reporter.progress, ...(wanted.repeat === undefined ? {} : { repeat: wanted.repeat }) });
      reporter.end();
      console.log(JSON.stringify(evidence));
    } catch (error) {
      reporter.end();
      console.error(`${name}: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
      process.exitCode = 1;
    }
  }
}

await main();
