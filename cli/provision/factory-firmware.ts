/** Bootloader and first firmware of a chip family, signed: built once in a run, for however many boards. */
import { readFile } from 'node:fs/promises';
import type { FamilyName } from '../../boards/families.js';
import { buildBootloader } from '../../scripts/build-bootloader.js';
import { buildApp } from '../../scripts/build-firmware.js';
import { buildImage } from '../image/build-image.js';
import type { PrivateKey } from '../image/key-file.js';
import { signFirmware } from '../virtual/firmware.js';

export interface FactoryFirmware {
  boot0Text: string;
  /** The signed image. */
  image: Uint8Array;
}

/** What builds it, each family once. `building` is called before the seconds it takes. */
export function firmwareFactory(key: PrivateKey, prelude: string | undefined, building: () => void): (family: FamilyName) => Promise<FactoryFirmware> {
  const built = new Map<FamilyName, Promise<FactoryFirmware>>();
  return (family) => {
    const known = built.get(family);
    if (known) return known;
    building();
    const firmware = build(family, key, prelude);
    built.set(family, firmware);
    return firmware;
  };
}

async function build(family: FamilyName, key: PrivateKey, prelude: string | undefined): Promise<FactoryFirmware> {
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  const { text } = await buildBootloader({ family, ...(prelude === undefined ? {} : { prelude }) });
  const body = await buildApp({ family, version });
  const image = buildImage(body, { family, version, counter: 1, channel: key.dev ? 'dev' : 'stable' });
  const { file } = await signFirmware(image, key, version);
  return { boot0Text: text, image: file };
}
