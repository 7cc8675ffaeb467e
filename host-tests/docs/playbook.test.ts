import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../firmware/error-table.js';
import * as table from '../../firmware/errors.js';
import { PLAYBOOK_PATH, playbook, sectionsOf } from '../../scripts/playbook.js';

/** Every constant of the table: name and number. */
const codes = Object.entries<unknown>(table).filter((each): each is [string, number] => typeof each[1] === 'number');

/** Zephyr's `mcumgr_err_t` (mgmt_defines.h), 0 left out: a refusal is never "ok". 4 (timeout) has no use here but exists. */
const MANAGEMENT = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13];
/** Zephyr's `img_mgmt_err_code_t` (img_mgmt.h). */
const IMAGE = Array.from({ length: 33 }, (_, i) => i + 1);

/** What Zephyr itself tells a version 1 client for an error of the image group (img_mgmt_translate_error_code). */
function translatedByZephyr(rc: number): number {
  if (rc === 3 || rc === 4) return 5;
  if (rc === 9 || rc === 27 || rc === 28) return 6;
  if (rc === 15) return 2;
  return [14, 19, 20, 21, 22, 24, 25].includes(rc) ? 3 : 1;
}

describe('the playbook', () => {
  it('says what the error table says: run `npx tsx scripts/playbook.ts` when this fails', () => {
    expect(readFileSync(PLAYBOOK_PATH, 'utf8')).toBe(playbook());
  });

  it('has a place for every code, and exactly one', () => {
    for (const [name, code] of codes) expect(sectionsOf(code), name).toHaveLength(1);
    const written = playbook();
    for (const [name, code] of codes) {
      expect(written.split(`<a id="${name}"></a>${table.formatCode(code)} `), name).toHaveLength(2);
    }
  });

  it('leads from a symptom only to codes that are in the file', () => {
    const written = playbook();
    for (const [, anchor] of written.matchAll(/\]\(#([A-Z0-9_]+)\)/g)) expect(written).toContain(`<a id="${anchor}"></a>`);
  });
});

describe('the error table', () => {
  it('has one entry for every code, under its own name and number', () => {
    for (const [name, code] of codes) {
      expect(ERRORS.filter(entry => entry.name === name).map(entry => entry.code), name).toEqual([code]);
    }
    expect(ERRORS).toHaveLength(codes.length);
  });

  it('gives every code a number of its own that fits a byte and is not 0', () => {
    expect(new Set(codes.map(([, code]) => code)).size).toBe(codes.length);
    for (const [name, code] of codes) expect(code > 0 && code <= 0xff, name).toBe(true);
  });

  it('tells a person what happened, whether the door is safe, and what to do', () => {
    for (const entry of ERRORS) {
      expect(entry.title, entry.name).not.toBe('unknown');
      expect(entry.title.length, entry.name).toBeGreaterThan(5);
      expect(entry.door, entry.name).toMatch(/^[A-Z].*\.$/);
      expect(entry.next, entry.name).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('keeps the two numbers that people already look up: 0xE4 for read-back, 0x86 for a digest', () => {
    expect(table.FLASH_READ_BACK).toBe(0xe4);
    expect(table.BAD_IMAGE_DIGEST).toBe(0x86);
    expect(table.formatCode(table.FLASH_READ_BACK)).toBe('0xE4');
  });

  it('answers clients only with numbers that SMP knows', () => {
    for (const [name, code] of codes) {
      expect(MANAGEMENT, name).toContain(table.managementRc(code));
      expect([0, ...IMAGE], name).toContain(table.imageRc(code));
    }
  });

  it('tells an old client what Zephyr would tell it, wherever Zephyr says more than "unknown"', () => {
    for (const [name, code] of codes) {
      const expected = translatedByZephyr(table.imageRc(code));
      if (table.imageRc(code) && expected !== 1) expect(table.managementRc(code), name).toBe(expected);
    }
  });
});
