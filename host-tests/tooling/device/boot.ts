/** A stand-in for the bootloader: evaluates safe mode in place and prints what it returned. */
declare const __FAMILY__: string;
declare const __VERSION__: string;
declare const __SAFE_MODE_OFFSET__: number;
declare const __SAFE_MODE_LENGTH__: number;
declare function require(name: 'Storage'): { read(name: string, offset?: number, length?: number): string };

const safeMode = require('Storage').read('.boot0', __SAFE_MODE_OFFSET__, __SAFE_MODE_LENGTH__);
print('boot of ' + __FAMILY__ + ' ' + __VERSION__);
print((0, eval)('(' + safeMode + ')')({ slot: 1 }));
