/** The stores as they ship, handed to a script that uses them. */
import { openJournal } from '../../../firmware/flash/journal.js';
import { freeBytesOf, keysOf, removeRecord, wipeRecords } from '../../../firmware/flash/record-chores.js';
import { openRecords } from '../../../firmware/flash/records.js';
import { createPlatform } from '../../../firmware/platform/espruino.js';

declare const probe: { [name: string]: unknown };

const platform = createPlatform();
probe['flash'] = platform.flash;
probe['crc32'] = platform.crc32;
probe['openJournal'] = openJournal;
probe['openRecords'] = openRecords;
probe['freeBytesOf'] = freeBytesOf;
probe['keysOf'] = keysOf;
probe['removeRecord'] = removeRecord;
probe['wipeRecords'] = wipeRecords;
