/** Lays Storage out as the factory does: two files whose headers sit on page starts, the last one filling Storage to its last byte. */
import { PAGE_BYTES, STORAGE_HEADER_BYTES, type Geometry } from '../firmware/flash/layout.js';
import { buildFileHeader } from './storage.js';

export interface StorageContent {
  geometry: Geometry;
  /** Bootloader source; padded with newlines to its file's size. */
  boot0Text: string;
  /** Bytes that follow the Storage header in page 0 of `deadlatch`. */
  layoutRecord?: Uint8Array;
}

/** All of Storage as bytes: erased but for the two headers, the bootloader and the layout record. The same bytes suit every chip. */
export function storageImage({ geometry, boot0Text, layoutRecord }: StorageContent): Uint8Array {
  const bootBytes = geometry.bootPages * PAGE_BYTES;
  const textBytes = bootBytes - STORAGE_HEADER_BYTES;
  if (boot0Text.length > textBytes) throw new Error(`The bootloader has ${boot0Text.length} bytes; ${textBytes} fit.`);
  if (layoutRecord && layoutRecord.length > PAGE_BYTES - STORAGE_HEADER_BYTES) throw new Error('The layout record does not fit its page.');
  const image = new Uint8Array(geometry.pages * PAGE_BYTES).fill(0xff);
  image.set(buildFileHeader('.boot0', textBytes), 0);
  image.fill(10, STORAGE_HEADER_BYTES, bootBytes);
  image.set(Buffer.from(boot0Text, 'latin1'), STORAGE_HEADER_BYTES);
  image.set(buildFileHeader('deadlatch', geometry.pages * PAGE_BYTES - bootBytes - STORAGE_HEADER_BYTES), bootBytes);
  if (layoutRecord) image.set(layoutRecord, bootBytes + STORAGE_HEADER_BYTES);
  return image;
}

/** What provisioning needs of a flash model. */
export interface ProvisionFlash {
  erase(address: number): void;
  write(address: number, data: Uint8Array): void;
}

/** Erases all of Storage and writes `storageImage` into it, page by page. */
export function provisionStorage({ nor, ...content }: StorageContent & { nor: ProvisionFlash }): void {
  const image = storageImage(content);
  for (let offset = 0; offset < image.length; offset += PAGE_BYTES) {
    nor.erase(content.geometry.base + offset);
    const page = image.subarray(offset, offset + PAGE_BYTES);
    if (page.some((byte) => byte !== 0xff)) nor.write(content.geometry.base + offset, page);
  }
}
