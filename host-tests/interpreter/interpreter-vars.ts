/** JsVars that are nobody's in a measurement: those of an interpreter with nothing loaded, and those of the harness's prelude. */
import { familyOf } from '../../cli/provision/lock-flash.js';
import { createInterpreter, PRELUDE } from '../../virtual-board/interpreter/interpreter.js';
import { runScript } from '../../virtual-board/interpreter/script.js';
import { storageImage } from '../../virtual-board/provision.js';
import { wiring } from './locks.js';

const USED = 'process.memory().usage';

export async function interpreterVars(): Promise<{ emptyVars: number; preludeVars: number }> {
  const printed = /VARS (\d+)/.exec(await runScript(`print("VARS "+${USED})`));
  if (!printed) throw new Error('an empty interpreter did not say what it uses');
  const emptyVars = Number(printed[1]);
  const { geometry } = familyOf(wiring);
  const bare = await createInterpreter({ flash: storageImage({ geometry, boot0Text: PRELUDE }), wiring });
  try {
    await bare.powerOn();
    return { emptyVars, preludeVars: Number(await bare.evaluate(USED)) - emptyVars };
  } finally {
    await bare.close();
  }
}
