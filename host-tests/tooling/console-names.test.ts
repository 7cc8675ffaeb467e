/** An app declares its functions at the root of the interpreter, and whatever a host defines in the console of a development lock lands there, too. */
import ts from 'typescript';
import { expect, test } from 'vitest';
import { buildApp } from '../../scripts/build-firmware.js';
import { untokenise } from '../../scripts/untokenise.js';

/** Defined over the console by cli/board, cli/doctor and cli/smp; `smp` by the app itself. */
const HOSTS = ['dlHash', 'dlErase', 'dlPage', 'dlFrame', 'dl', 'smp'];

test('no function of the app has a name that a host uses in its console', async () => {
  const text = untokenise(await buildApp({ family: 'esp32', version: '1.0.0' }));
  const names = ts.createSourceFile('app.js', text, ts.ScriptTarget.ES5, false, ts.ScriptKind.JS).statements.flatMap((statement) => (
    ts.isFunctionDeclaration(statement) ? [statement.name!.text]
      : ts.isVariableStatement(statement) ? statement.declarationList.declarations.map(({ name }) => (name as ts.Identifier).text) : []));
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((name) => HOSTS.includes(name))).toEqual([]);
}, 120_000);
