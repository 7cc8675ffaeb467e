/** The command build: firmware of this checkout, made into an image that `sign` takes. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { FAMILIES, type FamilyName } from '../../boards/families.js';
import { buildApp } from '../../scripts/build-firmware.js';
import { buildImage } from '../image/build-image.js';
import { requireFree, writeNew } from '../image/files.js';
import { CHANNELS, parseVersion, RELEASE_TYPES, type Channel, type ReleaseType } from '../image/names.js';
import { refusable } from '../refusable.js';

interface BuildOptions {
  family: FamilyName;
  output?: string;
  channel: Channel;
  type: ReleaseType;
  counter: number;
  hardware?: { hardwareMin: number; hardwareMax: number };
  minVersion?: string;
  minBootloader?: string;
}

const BUILT_FOR = FAMILIES.map((family) => family.name);

export function registerBuildCommand(program: Command): void {
  program.command('build')
    .description('build the firmware of this checkout into an unsigned image')
    .argument('<version>', 'like 1.2.3; locks take only what is newer than what they run')
    .addOption(new Option('-f, --family <name>', 'chip family').choices(BUILT_FOR).default('virtual'))
    .option('-o, --output <file>', 'image (default: deadlatch-<family>-<version>.img)')
    .addOption(new Option('--channel <name>', 'who it is for; keys made with new-key --dev sign only dev').choices(CHANNELS).default('stable'))
    .addOption(new Option('--type <name>', 'what kind of release').choices(RELEASE_TYPES).default('feature'))
    .option('--counter <n>', 'security counter: once a lock has confirmed it, lower ones are refused for good', counterIn, 1)
    .option('--hardware <from-to>', 'hardware revisions it runs on (default: all)', hardwareIn)
    .option('--min-version <version>', 'least version it may be installed from')
    .option('--min-bootloader <version>', 'least bootloader it needs')
    .action(refusable(build));
}

async function build(version: string, options: BuildOptions): Promise<void> {
  parseVersion(version, 'version');
  const output = options.output ?? `deadlatch-${options.family}-${version}.img`;
  await requireFree(output, 'choose another name with --output');
  console.error('Building, this takes some seconds the first time ...');
  const body = await buildApp({ family: options.family, version });
  const image = buildImage(body, {
    family: options.family, version, counter: options.counter, channel: options.channel, releaseType: options.type, ...options.hardware,
    ...(options.minVersion === undefined ? {} : { minVersion: options.minVersion }),
    ...(options.minBootloader === undefined ? {} : { minBootloader: options.minBootloader }),
  });
  await writeNew(output, image);
  console.log(`${output}: version ${version} for ${options.family}, channel ${options.channel}, ${image.length} bytes, not signed yet: deadlatch sign ${output} --key <file>`);
}

function counterIn(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > 0xffffffff) throw new InvalidArgumentError('Give a whole number from 0 to 4294967295.');
  return Number(text);
}

function hardwareIn(text: string): BuildOptions['hardware'] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (!match) throw new InvalidArgumentError('Give one revision like 3, or a range like 1-3.');
  return { hardwareMin: Number(match[1]), hardwareMax: Number(match[2] ?? match[1]) };
}
