/** What device bundles are built for: a chip family and a version. */
import { FAMILIES, type ChipFamily, type FamilyName } from '../boards/families.js';
import { layoutOf } from '../firmware/flash/layout.js';
import type { Defines } from './bundle-device.js';

/** The compile-time constants of every device bundle. */
export function definesOf(family: ChipFamily, version: string): Defines {
  return {
    __FAMILY__: JSON.stringify(family.name),
    __FAMILY_ID__: String(family.id),
    __MAPPED_FLASH__: String(family.mappedFlash),
    __GEOMETRY__: JSON.stringify(family.geometry),
    __LAYOUT__: JSON.stringify(layoutOf(family.geometry)),
    __VERSION__: JSON.stringify(version),
  };
}

/** The family of that name. Throws a sentence that names the others. */
export function familyOf(name: FamilyName): ChipFamily {
  const family = FAMILIES.find((candidate) => candidate.name === name);
  if (!family) throw new Error(`there is no chip family "${name}"; choose one of ${FAMILIES.map((each) => each.name).join(', ')}`);
  return family;
}
