/** Requests and replies as tests write and read them. */
import * as cborg from 'cborg';

export interface Reply {
  version: number;
  operation: number;
  group: number;
  sequence: number;
  command: number;
  body: Record<string, unknown>;
}

export interface RequestOptions {
  version?: number;
  operation?: number;
  sequence?: number;
  /** The payload as it is, in place of a body. */
  raw?: Uint8Array;
}

/** A request as an independent encoder writes it. Operation 2 (write) unless asked otherwise. */
export function requestOf(group: number, command: number, body: Record<string, unknown>, options: RequestOptions = {}): string {
  const payload = options.raw ?? cborg.encode(body);
  const header = [
    ((options.version ?? 1) << 3) | (options.operation ?? 2), 0, payload.length >> 8, payload.length & 255, group >> 8, group & 255,
    options.sequence ?? 7, command,
  ];
  return Buffer.concat([Buffer.from(header), payload]).toString('latin1');
}

export function replyOf(frame: string): Reply {
  const bytes = Buffer.from(frame, 'latin1');
  if (bytes.readUInt16BE(2) !== bytes.length - 8) throw new Error('the reply is not as long as it says');
  return {
    version: (bytes[0]! >> 3) & 3, operation: bytes[0]! & 7, group: bytes.readUInt16BE(4), sequence: bytes[6]!, command: bytes[7]!,
    body: cborg.decode(bytes.subarray(8)) as Record<string, unknown>,
  };
}
