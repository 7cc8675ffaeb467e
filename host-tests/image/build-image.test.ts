import { describe, expect, test } from 'vitest';
import { buildImage, type ImageMetadata } from '../../cli/image/build-image.js';
import { Refusal } from '../../cli/image/refusal.js';
import { checkBeforeSigning } from '../../cli/image/sign-image.js';
import { testBody, unsignedImage } from './fixture.js';

const METADATA: ImageMetadata = { family: 'esp32', version: '1.2.3', counter: 1 };

describe('what cannot become an image is refused by the name of its field', () => {
  test.each<[string, Partial<ImageMetadata>]>([
    ['family: there is no chip family "z80"', { family: 'z80' as 'esp32' }],
    ['version: "1.2" is not a version', { version: '1.2' }],
    ['version: "256.0.0" is not a version', { version: '256.0.0' }],
    ['version: "1.0.65536" is not a version', { version: '1.0.65536' }],
    ['least installed version: "new" is not a version', { minVersion: 'new' }],
    ['counter: -1 is not a whole number from 0 to 4294967295', { counter: -1 }],
    ['counter: 1.5 is not a whole number', { counter: 1.5 }],
    ['hardware revision: the range 3 to 2 is empty', { hardwareMin: 3, hardwareMax: 2 }],
    ['hardware revision: 65536 is not a whole number', { hardwareMax: 65536 }],
    ['channel: "nightly" is not one; choose stable, beta, dev', { channel: 'nightly' as 'dev' }],
    ['release type: "fix" is not one; choose security, feature, bug-fix', { releaseType: 'fix' as 'feature' }],
    ['key change epoch: 0 is the epoch of the factory keys', { keyChange: { epoch: 0, key: new Uint8Array(32).fill(1) } }],
    ['key change: the key has 31 bytes', { keyChange: { epoch: 1, key: new Uint8Array(31) } }],
    ['key change: the key is blank', { keyChange: { epoch: 1, key: new Uint8Array(32) } }],
  ])('%s', (sentence, change) => {
    expect(() => buildImage(testBody(100), { ...METADATA, ...change })).toThrow(sentence);
    expect(() => buildImage(testBody(100), { ...METADATA, ...change })).toThrow(Refusal);
  });

  test('a body that is empty, not ASCII, or larger than a slot', () => {
    expect(() => buildImage('', METADATA)).toThrow('body: it is empty');
    expect(() => buildImage('(function(){"\u20ac"})', METADATA)).toThrow("body: character 8364 at 13 is neither ASCII nor a token of Espruino's");
    for (const body of [Uint8Array.of(34, 226, 130, 172, 34), Uint8Array.of(40, 0, 41), Uint8Array.of(209, 1, 65), '(function(){"\xab"})', '\xabx//\xab']) {
      expect(() => buildImage(body, METADATA)).toThrow(/^body: character \d+ at [1-9]?\d* is neither ASCII nor/);
    }
    expect(() => buildImage(testBody(252_124), METADATA)).toThrow('a slot of esp32 holds 262144');
    expect(buildImage(testBody(252_123), METADATA).length).toBeLessThan(262_144);
  });

  test('a body in tokens lies in the image byte for byte, whether it is given as text or as bytes', () => {
    const body = '(\xaa(a){\xaba\x8a0\xa0"b"})';
    for (const given of [body, Buffer.from(body, 'latin1')]) {
      expect(Buffer.from(buildImage(given, METADATA).subarray(32, 32 + body.length)).toString('latin1')).toBe(body);
    }
  });

  test('a page list that fits exactly: the boundary of a page adds a page only behind it', () => {
    const bytes = (body: number): number => buildImage(testBody(body), METADATA).length;
    expect(bytes(4065) - bytes(4064)).toBe(1 + 32);
    expect(bytes(4064) - bytes(4063)).toBe(1);
  });
});

test('a dev key signs channel dev and nothing else, a release key everything', () => {
  const key = { dev: true, keyId: '0123456789abcdef' };
  for (const channel of ['stable', 'beta', 'dev'] as const) {
    const image = unsignedImage(100, { channel });
    if (channel === 'dev') checkBeforeSigning(image, key, 'app.bin');
    else expect(() => checkBeforeSigning(image, key, 'app.bin')).toThrow(`app.bin: channel: key 0123456789abcdef is a dev key and signs only channel dev, not ${channel}`);
    checkBeforeSigning(image, { ...key, dev: false }, 'app.bin');
  }
});
