/** A part of the bootloader's own file, in place: safe mode lies behind the code as text that is not evaluated until it is needed. */
declare function require(name: 'Storage'): { read(name: string, offset: number, length: number): string };

export function readBootText(offset: number, length: number): string {
  return require('Storage').read('.boot0', offset, length);
}
