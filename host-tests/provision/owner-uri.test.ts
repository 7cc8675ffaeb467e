/** The owner's URI: what was built is what is parsed, what is not whole is refused in a sentence, and a phone can read its QR code. */
import fc from 'fast-check';
import jsQR from 'jsqr';
import { describe, expect, test } from 'vitest';
import { REFERENCE } from '../../boards/reference/index.js';
import { Refusal } from '../../cli/image/refusal.js';
import { buildOwnerUri, parseOwnerUri, type OwnerUri } from '../../cli/provision/owner-uri.js';
import { qrCodeOf, qrInTerminal, qrPath, QUIET_MODULES } from '../../cli/provision/qr-code.js';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const plain = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7d }).map((code) => String.fromCharCode(code)), minLength: 1, maxLength: 32 });
const anyUri: fc.Arbitrary<OwnerUri> = fc.record({
  deviceId: bytes(8), serial: plain, model: plain, owner: fc.integer({ min: 1, max: 8 }), ownerKey: bytes(32), publicKey: bytes(32),
});

const EXAMPLE: OwnerUri = {
  deviceId: Uint8Array.from({ length: 8 }, (_, index) => index), serial: 'DL-0003', model: 'ESP32 DevKit, USB power', owner: 1,
  ownerKey: new Uint8Array(32).fill(0xfb), publicKey: new Uint8Array(32).fill(0x5a),
};

describe('the URI', () => {
  test('is this one', () => {
    expect(buildOwnerUri(EXAMPLE)).toBe('deadlatch:1?d=AAECAwQFBgc&s=DL-0003&m=ESP32+DevKit%2C+USB+power&o=1'
      + '&k=-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s&p=WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo');
  });

  test('tells what went into it, whatever that was', () => {
    fc.assert(fc.property(anyUri, (about) => {
      const uri = buildOwnerUri(about);
      expect(uri).toMatch(/^deadlatch:1\?[A-Za-z0-9+%=&*._-]+$/);
      expect(parseOwnerUri(`  ${uri}\n`)).toEqual(about);
      expect(parseOwnerUri(`${uri}&later=1`)).toEqual(about);
    }));
  });

  test('is refused in a sentence when characters of it are lost or changed, or tells the same', () => {
    fc.assert(fc.property(anyUri, fc.nat(), fc.nat(3), fc.string({ maxLength: 3 }), (about, at, cut, put) => {
      const uri = buildOwnerUri(about);
      const place = at % uri.length;
      const changed = uri.slice(0, place) + put + uri.slice(place + cut);
      let parsed: OwnerUri;
      try {
        parsed = parseOwnerUri(changed);
      } catch (error) {
        expect(error).toBeInstanceOf(Refusal);
        expect((error as Error).message).toMatch(/^owner code: [^\n]*;[^\n]*[^.]$/);
        return;
      }
      // A change that reads as another whole one: of a text, of the owner's number, or inside a key.
      expect(parseOwnerUri(buildOwnerUri(parsed))).toEqual(parsed);
    }));
  });

  const uri = buildOwnerUri(EXAMPLE);
  test.each<[string, string, RegExp]>([
    ['something else', 'https://example.org/', /none of a lock/],
    ['a later version', uri.replace('deadlatch:1', 'deadlatch:2'), /version 2.*take a newer one/],
    ['its beginning alone', 'deadlatch:', /cut off or changed/],
    ['no fields', 'deadlatch:1', /owner number is missing/],
    ['a key that is cut off', uri.slice(0, -1), /maker's key is not 32 bytes/],
    ['a key with bits behind its end', uri.replace(/_s&p/, '_t&p'), /owner key is not 32 bytes/],
    ['a device id too long', uri.replace('d=AA', 'd=AAAA'), /device id is not 8 bytes/],
    ['owner 9', uri.replace('o=1', 'o=9'), /owner number "9" is not 1 to 8/],
    ['two owner keys', `${uri}&k=AAAA`, /owner key is there twice/],
    ['no serial number', uri.replace('s=DL-0003&', ''), /serial number is missing/],
    ['an empty model', uri.replace(/m=[^&]*/, 'm='), /model is not 1 to 32 plain characters/],
    ['a control character', uri.replace('s=DL', 's=%1b'), /serial number is not 1 to 32 plain/],
  ])('is refused: %s', (_title, text, sentence) => {
    expect(() => parseOwnerUri(text)).toThrow(sentence);
  });
});

describe('its QR code', () => {
  const code = qrCodeOf(buildOwnerUri(EXAMPLE));

  test('has at most 49 modules a side for every reference wiring, so that a terminal of 80 columns shows it', () => {
    for (const { name } of Object.values(REFERENCE)) {
      expect(qrCodeOf(buildOwnerUri({ ...EXAMPLE, model: name, serial: 'DL-0123abcd' })).size, name).toBeLessThanOrEqual(49);
    }
  });

  test('is read from the terminal\'s characters', () => {
    const lines = qrInTerminal(code).split('\n');
    // eslint-disable-next-line no-control-regex
    const rows = lines.map((line) => /^\x1b\[30;107m([ ▄▀█]+)\x1b\[0m$/.exec(line)![1]!);
    const side = code.size + 2 * QUIET_MODULES;
    expect(rows.length).toBe(Math.ceil(side / 2));
    expect(rows.every((row) => row.length === side)).toBe(true);
    const isDark = (row: number, column: number): boolean => (' ▄▀█'.indexOf(rows[row >> 1]![column]!) & (row % 2 ? 1 : 2)) !== 0;
    expect(readQr(side, isDark)).toBe(buildOwnerUri(EXAMPLE));
  });

  test('is read from the path of a label', () => {
    const dark = new Set<string>();
    for (const [, x, y, width] of qrPath(code).matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)) {
      for (let column = 0; column < Number(width); column++) dark.add(`${Number(y)} ${Number(x) + column}`);
    }
    const isDark = (row: number, column: number): boolean => dark.has(`${row - QUIET_MODULES} ${column - QUIET_MODULES}`);
    expect(readQr(code.size + 2 * QUIET_MODULES, isDark)).toBe(buildOwnerUri(EXAMPLE));
  });
});

/** As a camera sees it: four points a module. */
function readQr(side: number, isDark: (row: number, column: number) => boolean): string | undefined {
  const scale = 4;
  const pixels = new Uint8ClampedArray((side * scale) ** 2 * 4);
  for (let y = 0; y < side * scale; y++) {
    for (let x = 0; x < side * scale; x++) pixels.fill(isDark(Math.floor(y / scale), Math.floor(x / scale)) ? 0 : 255, (y * side * scale + x) * 4, (y * side * scale + x) * 4 + 3);
  }
  return jsQR.default(pixels, side * scale, side * scale)?.data;
}
