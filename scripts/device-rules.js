/**
 * Lint rules for what runs on the lock. Espruino lacks parts of the language and gets others wrong without saying so; other calls
 * would move or erase the files that flash is laid out by. Each message says what to write instead.
 * `device-text.ts` holds the finished bundles to the same.
 */

const syntax = (selector, message) => ({ selector, message });
const call = (object, name, message) =>
  syntax(`MemberExpression[object.name=/^(${object})$/][property.name=/^(${name})$/]`, message);
const method = (name, message) => syntax(`CallExpression[callee.property.name=/^(${name})$/]`, message);

/** Syntax that Espruino rejects, or that is lowered to helpers it cannot run. */
const SYNTAX = [
  syntax("ForOfStatement[left.type!='MemberExpression'], ForOfStatement[await=true]",
    'for-of is lowered to Symbol, which Espruino lacks. Write a counting loop, or for (bytes[place] of values), which the build keeps (scripts/for-of.ts).'),
  syntax('SpreadElement', 'Spread is lowered to helpers Espruino cannot run. Use concat, set, or name the fields.'),
  syntax('RestElement', 'Rest parameters and rest patterns are lowered to helpers. Take an array.'),
  syntax('ObjectPattern', 'Destructuring is lowered to helpers. Read the fields.'),
  syntax('ArrayPattern', 'Destructuring is lowered to helpers. Read the elements.'),
  syntax('AssignmentPattern', 'Default values are lowered to code at every call. Take an optional parameter and test it.'),
  syntax('ClassDeclaration, ClassExpression', 'Each method of a class costs memory on the lock. Write a function that returns a record of closures.'),
  syntax('Property[computed=true]', 'Computed keys are lowered to a helper. Assign to object[key].'),
  syntax(':function[generator=true]', 'Espruino has no generators. Write a step function.'),
  syntax(':function[async=true], AwaitExpression', 'Espruino has no async functions. Write a step function and platform.after.'),
  syntax('LabeledStatement', 'Espruino has no labels. Put the inner loop in a function and return.'),
  syntax('TaggedTemplateExpression', 'Espruino has no tagged templates. Call the function.'),
  syntax('Literal[bigint]', 'Espruino has no big integers. Use two 32-bit numbers.'),
  syntax("BinaryExpression[operator='**'], AssignmentExpression[operator='**=']",
    '** becomes Math.pow, which is inexact in Espruino. Multiply, or shift.'),
  syntax('Literal[regex]', 'Espruino regular expressions lack {n}, (?:), lazy and more, silently. Scan with charCodeAt or indexOf.'),
  syntax('TSEnumDeclaration', 'An enum is an object in memory. Write `export const NAME = 1`: the build inlines it.'),
  syntax('ExportDefaultDeclaration', 'Export by name, so that the piece is found by its name.'),
  syntax('Literal[raw=/[^\\x00-\\x7f]/], TemplateElement[value.raw=/[^\\x00-\\x7f]/]', 'Source text on the lock is ASCII.'),
  syntax('Literal[value=/[^\\x00-\\xff]/]', 'Characters above 255 lose their upper byte in Espruino.'),
  syntax('Identifier[name=/[^\\x00-\\x7f]/]', 'Espruino reads only ASCII names.'),
];

/** Library Espruino does not have, or that gives other results than elsewhere. */
const LIBRARY = [
  syntax("MemberExpression[object.name=/^(Array|String|Object|Function|Uint8Array)$/][property.name='prototype']",
    'Espruino has no Array.prototype.x to borrow. Call the method on a value.'),
  syntax("AssignmentExpression[left.property.name='length'], UpdateExpression[argument.property.name='length']",
    'Assigning to length throws in Espruino. Use splice, or a new array.'),
  syntax("CallExpression[callee.property.name='fromCharCode'] > Literal[value>255]", 'String.fromCharCode keeps 8 bits in Espruino.'),
  call('Math', 'pow', 'Math.pow(2, 32) is 4294967295.9999 in Espruino. Multiply, or shift.'),
  call('Math', 'imul|trunc|hypot|log2|log10|cbrt|fround|expm1', 'Espruino lacks this function of Math. Use | 0 or >>> 0 on 32-bit integers.'),
  call('Math', 'round', 'Math.round(-2.5) is -3 in Espruino. Write Math.floor(x + 0.5).'),
  call('Math', 'random', 'Math.random is the same after every start of an ESP32. Ask platform.random.'),
  call('Number', 'isInteger|isSafeInteger|EPSILON', 'Espruino lacks it. Compare x with (x | 0), or with Math.floor(x).'),
  call('Array', 'from|of', 'Espruino lacks it. Fill an array in a loop.'),
  call('Uint8Array|Uint16Array|Uint32Array', 'from|of', 'Espruino lacks it. Use new Uint8Array and set.'),
  call('Object', 'freeze|isFrozen|seal|entries|values|assign|fromEntries|is', 'Espruino lacks it, or it costs a copy. Name the fields.'),
  call('Promise', 'race|any|allSettled', 'Espruino lacks it. Keep the state in a record.'),
  call('Date', 'now|parse|UTC', 'The clock may jump. Take platform.nowMs().'),
  method('padStart|padEnd|codePointAt|normalize|matchAll|replaceAll|flat|flatMap|at|copyWithin|localeCompare|finally|findLast|findLastIndex',
    'Espruino lacks this method. Scan by hand.'),
  method('sort', 'Espruino sorts in an unstable order. Insert in order, or compare a second field and disable this line with the reason.'),
  method('toFixed|toPrecision|toExponential', 'Espruino rounds differently (2.5.toFixed() is 2). Work in integers of a smaller unit.'),
  syntax("BinaryExpression[operator='instanceof'][right.name=/Error$/]", 'In Espruino a TypeError is no Error. Use codes from firmware/errors.ts.'),
];

/** Calls that would write Storage after provisioning, or plant something that runs before the bootloader. Not even the platform may. */
const NEVER = [
  method('eraseAll|compact|setBootCode|setSNTP', 'Storage is written once, at provisioning: this call moves or erases its files (or jumps the clock).'),
  syntax("MemberExpression[property.name=/^(write|erase|writeJSON|open|compact|eraseAll)$/]:matches([object.arguments.0.value='Storage'], [object.name=/storage/i])",
    'Storage is written once, at provisioning. Mutable data goes through firmware/flash.'),
  syntax("MemberExpression[property.name='save']:matches([object.name=/wifi/i], [object.arguments.0.value='Wifi'])",
    'Wifi.save writes passwords into a Storage file. Settings go into the record store.'),
  call('E', 'setPassword|dumpStr|onErrorSave', 'It keeps text readable by anyone with the console, or writes Storage.'),
];

const EVERYWHERE = {
  setInterval: 'An interval is removed for good when memory runs out. Use platform.after and re-arm it first.',
  changeInterval: 'There are no intervals on the lock. Use platform.after.',
  save: 'save() writes Storage and runs before the bootloader at the next start.',
  load: 'load() re-opens the console. Restart with platform.reboot().',
  reset: 'reset() re-opens the console and leaves the app. Restart with platform.reboot().',
  dump: 'dump() prints secrets.',
  encodeURIComponent: 'It is wrong above 127 in Espruino.',
  decodeURIComponent: 'It is wrong above 127 in Espruino.',
  ...Object.fromEntries(['Map', 'Set', 'WeakMap', 'WeakSet', 'Symbol', 'Proxy', 'Reflect', 'BigInt']
    .map((name) => [name, `Espruino has no ${name}. Use a plain record or a typed array.`])),
};

const ESPRUINO_GLOBALS = [
  'E', 'ESP32', 'ESP8266', 'NRF', 'Wifi', 'Bluetooth', 'USB', 'Telnet', 'Terminal', 'LoopbackA', 'LoopbackB', 'Modules', 'Pin', 'Flash', 'Waveform', 'OneWire',
  'Serial1', 'Serial2', 'Serial3', 'SPI', 'SPI1', 'SPI2', 'I2C', 'I2C1', 'I2C2', 'AES', 'Graphics', 'HIGH', 'LOW', 'BTN', 'BTN1', 'LED', 'LED1',
  'require', 'global', 'process', 'console', 'print', 'echo', 'edit', 'trace', 'crypto', 'hashlib', 'eval', 'Function', 'atob', 'btoa',
  'digitalWrite', 'digitalRead', 'digitalPulse', 'analogRead', 'analogWrite', 'pinMode', 'getPinMode', 'setWatch', 'clearWatch', 'shiftOut',
  'peek8', 'peek16', 'peek32', 'poke8', 'poke16', 'poke32', 'getTime', 'setTime', 'getSerial', 'setSleepIndicator', 'setBusyIndicator', 'setDeepSleep',
  'setTimeout', 'clearTimeout', 'clearInterval', ...Array.from({ length: 48 }, (_, pin) => `D${pin}`),
];

const globals = (messages) => Object.entries(messages).map(([name, message]) => ({ name, message }));

/** Rules for everything that goes into a bundle. */
export const deviceRules = {
  'no-restricted-syntax': ['error', ...SYNTAX, ...LIBRARY, ...NEVER],
  'no-restricted-globals': ['error', ...globals(EVERYWHERE),
    ...ESPRUINO_GLOBALS.map((name) => ({ name, message: 'Espruino is only touched in firmware/platform. Take what you need from Platform.' }))],
  'no-restricted-imports': ['error', { patterns: [
    { regex: '^[^.]', message: 'A device bundle holds only the project\'s own device code.' },
    { regex: '/(cli|scripts|virtual-board|host-tests|phone|bridge)/', message: 'Device code does not import host code.' },
    { regex: '/platform/(?!types\\.js)', message: 'Only main files make a Platform; others take it as an argument (firmware/platform/types.ts).' },
  ] }],
  // A case after default is not read; a loop variable is shared by closures; blocks do not scope or hoist functions.
  'default-case-last': 'error',
  'no-loop-func': 'error',
  'no-inner-declarations': ['error', 'functions', { blockScopedFunctions: 'disallow' }],
  'no-use-before-define': ['error', { functions: false, classes: true, variables: false }],
};

/** The same for firmware/platform, which is what touches Espruino. */
export const platformRules = {
  ...deviceRules,
  'no-restricted-globals': ['error', ...globals(EVERYWHERE)],
  'no-restricted-imports': ['error', { patterns: deviceRules['no-restricted-imports'][1].patterns.slice(0, 2) }],
};

/** The same for the entry files, which make the Platform and hand it on. */
export const entryRules = { ...deviceRules, 'no-restricted-imports': platformRules['no-restricted-imports'] };
