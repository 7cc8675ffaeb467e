/** What an image says about itself, for people and for scripts. Nothing of it is proven: that is what `verify` is for. */
import { formatVersion } from '../../firmware/image/version.js';
import { strayByte, untokenise } from '../../scripts/untokenise.js';
import { keyIdOf } from './key-file.js';
import { channelName, familyName, releaseName } from './names.js';
import { checkDigests, readImage } from './read-image.js';
import { Refusal } from './refusal.js';
import { keyIdIn } from './verify-image.js';

export interface Inspection {
  version: string;
  family: string;
  hardware: { from: number; to: number };
  channel: string;
  releaseType: string;
  securityCounter: number;
  leastBootloader: string;
  leastInstalled: string;
  leastUpdater: number;
  keyChange: { epoch: number; keyId: string } | null;
  /** Value of TLV 0x10: what SMP clients list as the image's hash. */
  digest: string;
  signed: boolean;
  /** Named in the image; not verified. */
  signedBy: string | null;
  bytes: { total: number; body: number; pages: number };
}

/** Refuses what is malformed or does not match its own digests. */
export function inspectImage(bytes: Uint8Array, file: string): Inspection {
  const image = readImage(bytes, file);
  checkDigests(bytes, image, file);
  const { info, signed } = image;
  return {
    version: formatVersion(info.version),
    family: familyName(info.family),
    hardware: { from: info.hardwareMin, to: info.hardwareMax },
    channel: channelName(info.channel),
    releaseType: releaseName(info.releaseType),
    securityCounter: info.counter,
    leastBootloader: formatVersion(info.minBootloader),
    leastInstalled: formatVersion(info.minVersion),
    leastUpdater: info.minUpdater,
    keyChange: info.keyChange ? { epoch: info.keyChange.epoch, keyId: keyIdOf(info.keyChange.key) } : null,
    digest: Buffer.from(info.hash).toString('hex'),
    signed,
    signedBy: signed ? keyIdIn(info) : null,
    bytes: { total: bytes.length, body: info.bodyBytes, pages: info.pages },
  };
}

/** The program of an image, in words where it is in Espruino's tokens. Printable: what holds any other byte is refused. */
export function programOf(bytes: Uint8Array, file: string): string {
  const image = readImage(bytes, file);
  checkDigests(bytes, image, file);
  const { headerBytes, bodyBytes } = image.info;
  const text = Buffer.from(bytes.subarray(headerBytes, headerBytes + bodyBytes)).toString('latin1');
  const at = strayByte(text);
  if (at >= 0) throw new Refusal(`${file}: body: byte ${text.charCodeAt(at)} at ${at} is no program's; it was not built with "deadlatch build"`);
  return untokenise(text);
}

export function inspectionText(image: Inspection, file: string): string {
  const revisions = image.hardware.from === 0 && image.hardware.to === 0xffff ? 'all' : `${image.hardware.from} to ${image.hardware.to}`;
  const lines: [string, string][] = [
    ['version', `${image.version} (${image.releaseType}, channel ${image.channel})`],
    ['for', `${image.family}, hardware revisions: ${revisions}`],
    ['security counter', String(image.securityCounter)],
    ['needs', `bootloader ${image.leastBootloader}, installed ${image.leastInstalled}, updater ${image.leastUpdater}, or newer`],
    ['key change', image.keyChange ? `epoch ${image.keyChange.epoch} to key ${image.keyChange.keyId}` : 'none'],
    ['size', `${image.bytes.total} bytes, ${image.bytes.body} of them body, ${image.bytes.pages} pages`],
    ['digest', image.digest],
    ['signature', image.signedBy === null ? 'none' : `says key ${image.signedBy}; "deadlatch verify" proves it`],
  ];
  return [`${file}: well-formed, content matches its digests`, ...lines.map(([name, value]) => `  ${name.padEnd(17)} ${value}`)].join('\n');
}
