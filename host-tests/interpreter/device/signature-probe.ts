/** The verifier as it ships, handed to a script that feeds and times it. */
import { createSlhTools } from '../../../firmware/platform/slh-tools.js';
import { startVerify, type SlhTools } from '../../../firmware/image/slh-dsa.js';

declare const probe: { tools: SlhTools; startVerify: typeof startVerify };

probe.tools = createSlhTools();
probe.startVerify = startVerify;
