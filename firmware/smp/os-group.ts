/** SMP group 0: echo, restart, buffer sizes, and who this is. Reading needs no authority and tells no secret. */
import { NO_WINDOW, MALFORMED, UNSUPPORTED } from '../errors.js';
import { formatVersion } from '../image/version.js';
import type { UpdateContext } from '../update/context.js';
import { refuse, refuseOs, type Exchange } from '../update/exchange.js';
import { BUFFER_BYTES, BUFFER_COUNT } from './frame.js';

const ECHO = 0;
const RESET = 5;
const PARAMETERS = 6;
const INFO = 7;
const BOOTLOADER_INFO = 8;

/** MCUboot's "swap without scratch": test, restart, confirm, and a revert where that fails. */
const MODE_SWAP = 3;
/** `os_mgmt_err_code_t` and what version 1 clients get in its place. */
const INVALID_FORMAT = 2;
const NO_ANSWER = 3;
const OLD_INVALID = 3;
const OLD_NO_ENTRY = 5;
/** The reply has left by then, on every transport. */
const RESTART_MS = 300;

export function osCommand(context: UpdateContext, exchange: Exchange, command: number, isWrite: boolean): void {
  const request = exchange.asked;
  if (command === ECHO) {
    if (request.d === undefined) return refuse(exchange, MALFORMED);
    return exchange.answer({ r: request.d });
  }
  if (command === RESET && isWrite) {
    // Open, or used to set a trial: a window that was applied still grants the restart that was its purpose.
    if (context.platform.nowMs() >= context.window.untilMs) return refuse(exchange, NO_WINDOW);
    context.window.untilMs = 0;
    exchange.answer({});
    context.platform.after(RESTART_MS, function () {
      context.restart('update');
    });
    return;
  }
  if (isWrite) return refuse(exchange, UNSUPPORTED);
  if (command === PARAMETERS) return exchange.answer({ buf_size: BUFFER_BYTES, buf_count: BUFFER_COUNT });
  if (command === INFO) return info(context, exchange, request.format || 's');
  if (command === BOOTLOADER_INFO) {
    if (request.query === undefined) return exchange.answer({ bootloader: 'MCUboot' });
    if (request.query === 'mode') return exchange.answer({ mode: MODE_SWAP });
    return refuseOs(exchange, NO_ANSWER, OLD_NO_ENTRY);
  }
  refuse(exchange, UNSUPPORTED);
}

/** The letters of `uname`: each asks for one field, `a` for all of them, in this order whatever order they were asked in. */
function info(context: UpdateContext, exchange: Exchange, format: string): void {
  const version = formatVersion(context.running.version);
  const letters = 'snrvbmpio';
  const fields = [
    'Deadlatch', 'deadlatch', version, version, 'unknown', context.machine, context.machine, 'revision-' + context.identity.hardware,
    'Espruino',
  ];
  let output = '';
  for (let i = 0; i < format.length; i++) {
    if (letters.indexOf(format.charAt(i)) < 0 && format.charAt(i) !== 'a') return refuseOs(exchange, INVALID_FORMAT, OLD_INVALID);
  }
  for (let i = 0; i < letters.length; i++) {
    if (format.indexOf('a') < 0 && format.indexOf(letters.charAt(i)) < 0) continue;
    output += (output ? ' ' : '') + fields[i];
  }
  exchange.answer({ output });
}
