import { buildBootloader } from '../scripts/build-bootloader.js';
import { buildApp } from '../scripts/build-firmware.js';
import { PRELUDE } from '../virtual-board/interpreter/interpreter.js';
console.log('app linux', (await buildApp({family:'linux',version:'1.0.0'})).length);
try { const b = await buildBootloader({ family: 'linux', prelude: PRELUDE }); console.log('linux boot0', b.text.length, 'of', 16*4096-32, 'safe', b.safeMode.length, 'boot', b.bootBytes);} catch (e) { console.log(String(e)); }
