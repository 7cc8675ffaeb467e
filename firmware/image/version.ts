/** Versions as MCUboot writes them: major u8, minor u8, revision u16, build u32, little-endian, 8 bytes. */
import { bytesOfWords, readU16, readU32 } from '../flash/bytes.js';

export interface Version {
  major: number;
  minor: number;
  revision: number;
  build: number;
}

export function readVersion(bytes: Uint8Array, offset: number): Version {
  return { major: bytes[offset]!, minor: bytes[offset + 1]!, revision: readU16(bytes, offset + 2), build: readU32(bytes, offset + 4) };
}

export function writeVersion(bytes: Uint8Array, offset: number, version: Version): void {
  bytes.set(bytesOfWords([version.major | (version.minor << 8) | (version.revision << 16), version.build]), offset);
}

/** Below 0 where `a` is older than `b`, 0 where they are the same, above 0 where it is newer. The build counts last. */
export function compareVersions(a: Version, b: Version): number {
  return a.major - b.major || a.minor - b.minor || a.revision - b.revision || a.build - b.build;
}

/** `1.2.3`, with `.4` only where the build is not 0: as SMP's image state wants it. */
export function formatVersion(version: Version): string {
  return version.major + '.' + version.minor + '.' + version.revision + (version.build ? '.' + version.build : '');
}

/** Reads `1.2.3` or `1.2.3.4`; undefined where it is anything else. */
export function parseVersion(text: string): Version | undefined {
  const parts = text.split('.');
  const numbers = [0, 0, 0, 0];
  const limits = [255, 255, 65535, 4294967295];
  if (parts.length < 3 || parts.length > 4) return undefined;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    const value = parseInt(part, 10);
    if ('' + value !== part || value < 0 || value > limits[i]!) return undefined;
    numbers[i] = value;
  }
  return { major: numbers[0]!, minor: numbers[1]!, revision: numbers[2]!, build: numbers[3]! };
}
