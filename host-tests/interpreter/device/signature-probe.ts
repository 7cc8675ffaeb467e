/** The verifier as it ships, declared at the root like an image, and handed to a script that feeds and times it. */
import { createSlhTools } from '../../../firmware/platform/slh-tools.js';
import { startVerify, type SlhTools } from '../../../firmware/image/slh-dsa.js';

export function lend(probe: { tools: SlhTools; startVerify: typeof startVerify }): void {
  probe.tools = createSlhTools();
  probe.startVerify = startVerify;
}
