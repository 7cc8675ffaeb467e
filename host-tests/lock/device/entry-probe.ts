/** The look-up of a code as it ships. */
import { entryIn } from '../../../firmware/lock/tables.js';

declare function print(line: string): void;

/** Five entries of 20 bytes; the last one ends with the first byte of the tag that is looked for. */
let table = '';
for (let entry = 0; entry < 5; entry++) table += String.fromCharCode(65 + entry) + 'BCDEFGHIJKLMNOP....';
const tag = '.BCDEFGHIJKLMNOP';
print('ENTRY ' + entryIn(table, tag, 20, 0, 0) + ' ' + entryIn(table, table.substr(40, 16), 20, 0, 0) + ' ' + entryIn('', tag, 20, 0, 0));
