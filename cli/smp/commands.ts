/** What an SMP client can ask of a lock, as promises. Every rejection is an `SmpError`. */
import { bytesOf, type CborMap } from '../../firmware/smp/cbor.js';
import { createClient, READ, SmpError, WRITE, type Client, type ClientOptions } from './client.js';
import { LOCK_GROUP } from '../../firmware/smp/frame.js';
import { STATUS } from '../../firmware/smp/lock-group.js';
import { decodeVerdict, type Verdict } from '../../firmware/update/boot-state.js';
import type { Link, Time } from './link.js';
import { startOffer, startUpload, type TransferOptions, type TransferResult } from './transfer.js';

const OS = 0;
const IMAGE = 1;

export interface ImageState {
  /** 0 = the running slot, 1 = the other one. */
  slot: number;
  version: string;
  /** Value of the image's TLV 0x10, 32 bytes. */
  hash: Uint8Array;
  bootable: boolean;
  pending: boolean;
  confirmed: boolean;
  active: boolean;
  permanent: boolean;
}

/** Who answers. */
export interface About {
  /** What runs; in safe mode, what would. */
  version: string;
  /** Chip family. */
  family: string;
  /** Hardware revision. */
  hardware: number;
}

export interface Commands {
  readonly client: Client;
  echo(text: string): Promise<string>;
  parameters(): Promise<{ frameBytes: number; count: number }>;
  /** `format`: letters of uname, `a` for all. */
  info(format: string): Promise<string>;
  about(): Promise<About>;
  bootloader(): Promise<string>;
  /** Room in a slot, bytes. */
  slotBytes(): Promise<number>;
  /** The newest rollback that the lock remembers, undefined where there was none. Safe mode and older firmware refuse this. */
  rollback(): Promise<Verdict | undefined>;
  list(): Promise<ImageState[]>;
  test(hash: Uint8Array): Promise<ImageState[]>;
  /** Without a hash: the running image. */
  confirm(hash?: Uint8Array): Promise<ImageState[]>;
  erase(): Promise<void>;
  restart(): Promise<void>;
  upload(file: Uint8Array, options?: Partial<TransferOptions>): Promise<TransferResult>;
  offer(offer: Uint8Array, options?: Partial<TransferOptions>): Promise<TransferResult>;
  close(): void;
}

export function createCommands(link: Link, time: Time, options: Partial<ClientOptions> = {}): Commands {
  const client = createClient(link, time, options);

  function ask(operation: number, group: number, command: number, body: CborMap, timeoutMs?: number): Promise<CborMap> {
    return new Promise((resolve, reject) => {
      client.request(operation, group, command, body, (failure, reply) => (failure ? reject(failure) : resolve(reply)), timeoutMs);
    });
  }

  async function setState(body: CborMap): Promise<ImageState[]> {
    return statesIn(await ask(WRITE, IMAGE, 0, body, client.options.slowMs));
  }

  function send(start: typeof startUpload, bytes: Uint8Array, transfer: Partial<TransferOptions> = {}): Promise<TransferResult> {
    return new Promise((resolve, reject) => {
      start(client, bytes, transfer, (failure, result) => (failure ? reject(failure) : resolve(result)));
    });
  }

  return {
    client,
    echo: async (text) => fromUtf8(textIn(await ask(WRITE, OS, 0, { d: toUtf8(text) }), 'r')),
    parameters: async () => {
      const reply = await ask(READ, OS, 6, {});
      return { frameBytes: Number(reply['buf_size']), count: Number(reply['buf_count']) };
    },
    info: async (format) => textIn(await ask(READ, OS, 7, { format }), 'output'),
    about: async () => {
      const [version = '', family = '', revision = ''] = textIn(await ask(READ, OS, 7, { format: 'vmi' }), 'output').split(' ');
      return { version, family, hardware: Number(revision.replace('revision-', '')) };
    },
    slotBytes: async () => {
      const images = (await ask(READ, IMAGE, 6, {}))['images'];
      return Number(Array.isArray(images) ? (images[0] as CborMap)['max_image_size'] : NaN);
    },
    rollback: async () => {
      const record = bytesOf((await ask(READ, LOCK_GROUP, STATUS, {}))['rollback']);
      return record === undefined ? undefined : decodeVerdict(Uint8Array.from(Buffer.from(record, 'latin1')));
    },
    bootloader: async () => textIn(await ask(READ, OS, 8, {}), 'bootloader'),
    list: async () => statesIn(await ask(READ, IMAGE, 0, {})),
    test: (hash) => setState({ hash: { bytes: wireOf(hash) }, confirm: false }),
    confirm: (hash) => setState(hash ? { hash: { bytes: wireOf(hash) }, confirm: true } : { confirm: true }),
    erase: async () => {
      await ask(WRITE, IMAGE, 5, {}, client.options.slowMs);
    },
    restart: async () => {
      await ask(WRITE, OS, 5, {});
    },
    upload: (file, transfer) => send(startUpload, file, transfer),
    offer: (offer, transfer) => send(startOffer, offer, transfer),
    close: () => client.close(),
  };
}

/** The images in a state reply. */
export function statesIn(reply: CborMap): ImageState[] {
  const images = reply['images'];
  if (!Array.isArray(images)) throw new SmpError('the answer lists no images', -1);
  return images.map((entry) => {
    const image = entry as CborMap;
    const hash = bytesOf(image['hash']);
    if (hash === undefined) throw new SmpError('an image without a hash', -1);
    return {
      slot: Number(image['slot']), version: textIn(image, 'version'), hash: Uint8Array.from(Buffer.from(hash, 'latin1')),
      bootable: image['bootable'] === true, pending: image['pending'] === true, confirmed: image['confirmed'] === true,
      active: image['active'] === true, permanent: image['permanent'] === true,
    };
  });
}

function textIn(reply: CborMap, name: string): string {
  const text = reply[name];
  if (typeof text !== 'string') throw new SmpError(`the answer has no ${name}`, -1);
  return text;
}

const wireOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const toUtf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const fromUtf8 = (text: string): string => Buffer.from(text, 'latin1').toString('utf8');
