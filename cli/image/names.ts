/** The words people use for the numbers in an image. */
import { FAMILIES } from '../../boards/families.js';
import { CHANNEL_BETA, CHANNEL_DEV, CHANNEL_STABLE, RELEASE_BUG_FIX, RELEASE_FEATURE, RELEASE_SECURITY } from '../../firmware/image/format.js';
import type { Version } from '../../firmware/image/version.js';
import { Refusal } from './refusal.js';

export const CHANNELS = ['stable', 'beta', 'dev'] as const;
export type Channel = (typeof CHANNELS)[number];
export const RELEASE_TYPES = ['security', 'feature', 'bug-fix'] as const;
export type ReleaseType = (typeof RELEASE_TYPES)[number];

const CHANNEL_NUMBERS: Record<Channel, number> = { stable: CHANNEL_STABLE, beta: CHANNEL_BETA, dev: CHANNEL_DEV };
const RELEASE_NUMBERS: Record<ReleaseType, number> = { security: RELEASE_SECURITY, feature: RELEASE_FEATURE, 'bug-fix': RELEASE_BUG_FIX };

export function channelNumber(name: string): number {
  return CHANNEL_NUMBERS[oneOf(CHANNELS, name, 'channel')];
}

export function channelName(number: number): string {
  return CHANNELS.find((name) => CHANNEL_NUMBERS[name] === number) ?? String(number);
}

export function releaseNumber(name: string): number {
  return RELEASE_NUMBERS[oneOf(RELEASE_TYPES, name, 'release type')];
}

export function releaseName(number: number): string {
  return RELEASE_TYPES.find((name) => RELEASE_NUMBERS[name] === number) ?? String(number);
}

export function familyName(id: number): string {
  return FAMILIES.find((family) => family.id === id)?.name ?? `unknown (${id})`;
}

/** `1.2.3` or `1.2.3.4`. `field` names the place in a refusal. */
export function parseVersion(text: string, field: string): Version {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,5})(?:\.(\d{1,10}))?$/.exec(text);
  const [major, minor, revision, build] = (match ?? []).slice(1).map((part) => Number(part ?? 0));
  const version = { major: major ?? 256, minor: minor ?? 256, revision: revision ?? 65536, build: build ?? 0 };
  if (version.major > 255 || version.minor > 255 || version.revision > 65535 || version.build > 0xffffffff) {
    throw new Refusal(`${field}: "${text}" is not a version; write it like 1.2.3 (at most 255.255.65535)`);
  }
  return version;
}

function oneOf<T extends string>(names: readonly T[], name: string, field: string): T {
  const found = names.find((each) => each === name);
  if (!found) throw new Refusal(`${field}: "${name}" is not one; choose ${names.join(', ')}`);
  return found;
}
