/** The lock's core as it ships, handed to a script that plays keypad, motor and flash. */
import { openBattery } from '../../../firmware/lock/battery.js';
import { openDoor } from '../../../firmware/lock/door.js';
import { readSettings } from '../../../firmware/lock/settings.js';
import { openSignals } from '../../../firmware/lock/signals.js';

declare const probe: { [name: string]: unknown };

probe['openDoor'] = openDoor;
probe['openSignals'] = openSignals;
probe['openBattery'] = openBattery;
probe['readSettings'] = readSettings;
