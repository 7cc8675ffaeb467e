/** An image file on a host: the lock's own parser, plus what only a host can check at once. */
import { BAD_HEADER, BAD_KEY_CHANGE, BAD_PAGE_LIST, BAD_TLV, IMAGE_TOO_LARGE, SLOT_EMPTY, type ErrorCode } from '../../firmware/errors.js';
import { readU16 } from '../../firmware/flash/bytes.js';
import {
  DIGEST_BYTES, HEADER_BYTES, parseImage, SIGNATURE_BYTES, TLV_KEY_HASH, TLV_SHA256, TLV_SIGNATURE, UNPROTECTED_BYTES,
  UNPROTECTED_MAGIC, type ImageInfo,
} from '../../firmware/image/format.js';
import { pageDigests, sha256, tlv, u16 } from './build-image.js';
import { Refusal } from './refusal.js';

export interface ImageFile {
  info: ImageInfo;
  signed: boolean;
  /** The bytes the signature covers in the end: header, body, protected TLVs. */
  covered: Uint8Array;
}

/** Bytes of the unprotected area of an image nobody signed yet: its own head and TLV 0x10. */
const UNSIGNED_AREA_BYTES = 4 + 4 + DIGEST_BYTES;

const SENTENCES = new Map<ErrorCode, string>([
  [BAD_HEADER, 'header: this is no image of this project; make one with "deadlatch build"'],
  [SLOT_EMPTY, 'header: the file is blank flash; make an image with "deadlatch build"'],
  [IMAGE_TOO_LARGE, 'size: the file ends before the image does; copy it again'],
  [BAD_TLV, 'TLVs: a field is missing, repeated, out of place or has a wrong length; build the image again'],
  [BAD_PAGE_LIST, 'page list: it has not one digest for each page; build the image again'],
  [BAD_KEY_CHANGE, 'key change: its epoch is 0 or its key is blank; build the image again'],
]);

/** Parses `bytes` as strictly as a lock does; `file` is for the sentence of a refusal. The digests are not checked: `checkDigests`. */
export function readImage(bytes: Uint8Array, file: string): ImageFile {
  const unsigned = isUnsigned(bytes);
  const whole = unsigned ? withSignature(bytes, new Uint8Array(DIGEST_BYTES), new Uint8Array(SIGNATURE_BYTES)) : bytes;
  const parsed = parseImage((offset, length) => whole.subarray(offset, offset + length), whole.length);
  const info = parsed.image;
  if (!info) throw new Refusal(`${file}: ${SENTENCES.get(parsed.code) ?? `code ${parsed.code}`}`);
  if (info.totalBytes !== whole.length) {
    throw new Refusal(`${file}: size: ${whole.length - info.totalBytes} bytes follow the end of the image; remove them or copy it again`);
  }
  return { info, signed: !unsigned, covered: whole.subarray(0, HEADER_BYTES + info.bodyBytes + info.protectedBytes) };
}

/** Refuses an image whose body is not what its digests say. */
export function checkDigests(bytes: Uint8Array, image: ImageFile, file: string): void {
  const list = bytes.subarray(image.info.pageListOffset, image.info.pageListOffset + image.info.pages * DIGEST_BYTES);
  pageDigests(bytes.subarray(0, HEADER_BYTES + image.info.bodyBytes)).forEach((digest, page) => {
    const listed = list.subarray(page * DIGEST_BYTES, (page + 1) * DIGEST_BYTES);
    if (Buffer.compare(digest, listed)) throw new Refusal(`${file}: page ${page}: its bytes differ from the page list; build or copy the image again`);
  });
  if (Buffer.compare(sha256(image.covered), image.info.hash)) {
    throw new Refusal(`${file}: TLV 0x10: the digest is not that of the image; build or copy the image again`);
  }
}

/** The unsigned image with its two last TLVs. */
export function withSignature(unsigned: Uint8Array, keyHash: Uint8Array, signature: Uint8Array): Uint8Array {
  const digest = unsigned.subarray(unsigned.length - DIGEST_BYTES);
  return new Uint8Array(Buffer.concat([
    unsigned.subarray(0, unsigned.length - UNSIGNED_AREA_BYTES), u16(UNPROTECTED_MAGIC), u16(UNPROTECTED_BYTES),
    tlv(TLV_SHA256, digest), tlv(TLV_KEY_HASH, keyHash), tlv(TLV_SIGNATURE, signature),
  ]));
}

/** Header and TLVs without the body: what a client offers to a lock before it sends the image. `image`: a signed image. */
export function offerOf(image: Uint8Array): Uint8Array {
  const { info, signed } = readImage(image, 'image');
  if (!signed) throw new Refusal('image: it is not signed; run "deadlatch sign" first');
  return new Uint8Array(Buffer.concat([image.subarray(0, HEADER_BYTES), image.subarray(HEADER_BYTES + info.bodyBytes)]));
}

function isUnsigned(bytes: Uint8Array): boolean {
  const at = bytes.length - UNSIGNED_AREA_BYTES;
  return at > HEADER_BYTES && readU16(bytes, at) === UNPROTECTED_MAGIC && readU16(bytes, at + 2) === UNSIGNED_AREA_BYTES
    && readU16(bytes, at + 4) === TLV_SHA256 && readU16(bytes, at + 6) === DIGEST_BYTES;
}
