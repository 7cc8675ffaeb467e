/**
 * Moves functions of a bundle to where they are needed. The bundle is parsed once, and statements are moved in its tree: each owner asks what names
 * all the functions use, and between two owners nearly nothing of that changes.
 */
import ts from 'typescript';
import { declaredBy, isUse, ownNames, parseScript } from './script.js';

/** What holds functions: all of the bundle, or the body of one. */
type Block = ts.SourceFile | ts.Block;

/** A statement of a block. */
interface Top {
  node: ts.Statement;
  /** Name it declares; a statement that declares none is the program itself. */
  name: string | undefined;
  /** Names of the block that it mentions. */
  uses: Set<string>;
}

/** The tree as it is after some moves. */
interface Tree {
  source: ts.SourceFile;
  statements(block: Block): readonly ts.Statement[];
  parent(node: ts.Node): ts.Node;
  /** Names that `node` uses and no function within it declares; what is in `skipped` does not count. */
  used(node: ts.Node, skipped?: ReadonlySet<ts.Node>): ReadonlySet<string>;
  /** Names that a function declares itself. */
  own(owner: ts.SignatureDeclaration): ReadonlySet<string>;
  /** Names that functions within `node` declare, `node` among them if it is one. */
  declared(node: ts.Node): ReadonlySet<string>;
  /** Puts `nodes` in front of what `target` holds. */
  move(nodes: readonly ts.Statement[], target: ts.Block): void;
  text(): string;
}

/**
 * Moves what only `owner` needs into `owner`, for each of `owners`: it is made when that function is called, and gone when nothing
 * holds on to that call any more. What two owners share stays where it is, and so does an owner, unless it is called one inside another.
 * `outer.owner` is a function declared in another one: its sibling functions are moved, and functions at the top that nothing else uses;
 * variables have state to keep.
 */
export function nest(script: string, owners: readonly string[]): string {
  if (!owners.length) return script;
  const tree = openTree(script);
  for (const owner of owners) nestOne(tree, owner, owners);
  return tree.text();
}

function nestOne(tree: Tree, path: string, owners: readonly string[]): void {
  const names = path.split('.');
  const owner = names.pop()!;
  const around = names.map((name) => `${name}.`).join('');
  const staying = new Set(owners.filter((each) => each.startsWith(around)).map((each) => each.slice(around.length)).filter((each) => !each.includes('.')));
  let block: Block = tree.source;
  for (const name of names) block = bodyOf(tree, block, name);
  const target = bodyOf(tree, block, owner);
  const tops = topsOf(tree, block);
  const outside = reach(tops, tops.filter((top) => top.name === undefined || (staying.has(top.name) && top.name !== owner)), owner);
  const within = reach(tops, tops.filter((top) => top.name === owner), undefined);
  const moved = tops.filter((top) => top.name !== undefined && top.name !== owner && within.has(top.name) && !outside.has(top.name) && !staying.has(top.name));
  if (!outside.has(owner)) throw new Error(`nothing calls ${path}`);
  const clash = moved.find((top) => tree.declared(target).has(top.name!));
  if (clash) throw new Error(`${path} has a ${clash.name} of its own`);
  const siblings = moved.map((top) => top.node);
  tree.move(names.length ? [...siblings, ...ownOfTop(tree, names[0]!, target, siblings, owners)] : siblings, target);
}

/** Functions at the top that are used within `target` and `siblings` alone, which are further in; not where a name would come to mean something else. */
function ownOfTop(tree: Tree, outer: string, target: ts.Block, siblings: readonly ts.Node[], owners: readonly string[]): ts.FunctionDeclaration[] {
  const taken = new Set<string>();
  for (let node: ts.Node = target; !ts.isSourceFile(node); node = tree.parent(node)) {
    if (ts.isFunctionLike(node)) for (const name of tree.own(node)) taken.add(name);
  }
  const found = new Map<string, ts.FunctionDeclaration>();
  for (const node of tree.statements(tree.source)) {
    if (!ts.isFunctionDeclaration(node) || !node.name || node.name.text === outer || owners.includes(node.name.text) || taken.has(node.name.text)) continue;
    if (!tree.declared(target).has(node.name.text) && ![...tree.used(node)].some((name) => taken.has(name))) found.set(node.name.text, node);
  }
  const elsewhere = new Set<ts.Node>([target, ...siblings]);
  for (let before = -1; before !== found.size;) {
    before = found.size;
    const moving = new Set<ts.Node>(found.values());
    for (const node of tree.statements(tree.source)) if (!moving.has(node)) for (const name of tree.used(node, elsewhere)) found.delete(name);
  }
  return [...found.values()];
}

function bodyOf(tree: Tree, block: Block, name: string): ts.Block {
  const found = tree.statements(block).find((each) => ts.isFunctionDeclaration(each) && each.name?.text === name) as ts.FunctionDeclaration | undefined;
  if (!found?.body) throw new Error(`there is no function ${name} to nest into`);
  return found.body;
}

/** Names that can be reached from `from`, `closed` included but not what only it leads to. */
function reach(tops: Top[], from: Top[], closed: string | undefined): Set<string> {
  const byName = new Map(tops.filter((top) => top.name !== undefined).map((top) => [top.name!, top]));
  const found = new Set<string>();
  const waiting = [...from];
  for (let top = waiting.pop(); top; top = waiting.pop()) {
    for (const name of top.uses) {
      if (found.has(name)) continue;
      found.add(name);
      if (name !== closed) waiting.push(byName.get(name)!);
    }
  }
  return found;
}

function topsOf(tree: Tree, block: Block): Top[] {
  const isTop = ts.isSourceFile(block);
  const tops = tree.statements(block).map((node) => ({ node, name: isTop || ts.isFunctionDeclaration(node) ? declaredBy(node) : undefined }));
  const names = new Set(tops.map((top) => top.name));
  return tops.map((top) => ({ ...top, uses: new Set([...tree.used(top.node)].filter((name) => names.has(name))) }));
}

function openTree(script: string): Tree {
  const source = parseScript(script);
  /** Blocks whose statements are not those of the script any more. */
  const lists = new Map<Block, ts.Statement[]>();
  /** Where statements are that were moved. */
  const homes = new Map<ts.Node, ts.Block>();
  const usedBy = new Map<ts.Node, Set<string>>();
  const ownOf = new Map<ts.Node, Set<string>>();
  const declaredIn = new Map<ts.Node, Set<string>>();

  const statements = (block: Block): readonly ts.Statement[] => lists.get(block) ?? block.statements;
  const parent = (node: ts.Node): ts.Node => homes.get(node) ?? node.parent;

  function children(node: ts.Node, visit: (child: ts.Node) => void): void {
    const list = ts.isBlock(node) || ts.isSourceFile(node) ? lists.get(node) : undefined;
    if (list) list.forEach(visit);
    else ts.forEachChild(node, visit);
  }

  function own(owner: ts.SignatureDeclaration): Set<string> {
    return kept(ownOf, owner, () => new Set(ownNames(owner, children)));
  }

  function declared(node: ts.Node): Set<string> {
    return kept(declaredIn, node, () => {
      const names = new Set(ts.isFunctionLike(node) ? own(node) : []);
      children(node, (child) => {
        if (!ts.isIdentifier(child)) for (const name of declared(child)) names.add(name);
      });
      return names;
    });
  }

  function used(node: ts.Node, skipped?: ReadonlySet<ts.Node>): Set<string> {
    return skipped ? usesIn(node, skipped, ancestors(skipped)) : kept(usedBy, node, () => usesIn(node, new Set(), new Set()));
  }

  /** `around`: what `skipped` is in; whatever is known of the others still holds. */
  function usesIn(node: ts.Node, skipped: ReadonlySet<ts.Node>, around: ReadonlySet<ts.Node>): Set<string> {
    const names = new Set<string>();
    if (skipped.has(node)) return names;
    if (skipped.size && !around.has(node)) return used(node);
    const collect = (child: ts.Node): void => {
      if (ts.isIdentifier(child)) {
        if (isUse(child)) names.add(child.text);
      } else if (ts.isFunctionLike(child) || ts.isCatchClause(child) || skipped.has(child)) {
        for (const name of skipped.size ? usesIn(child, skipped, around) : used(child)) names.add(name);
      } else children(child, collect);
    };
    children(node, collect);
    const caught = ts.isCatchClause(node) && node.variableDeclaration?.name;
    for (const name of ts.isFunctionLike(node) ? own(node) : caught && ts.isIdentifier(caught) ? [caught.text] : []) names.delete(name);
    return names;
  }

  function ancestors(nodes: Iterable<ts.Node>): Set<ts.Node> {
    const found = new Set<ts.Node>();
    for (const node of nodes) for (let each = node; !ts.isSourceFile(each) && !found.has(each); each = parent(each)) found.add(each);
    return found;
  }

  function move(nodes: readonly ts.Statement[], target: ts.Block): void {
    const changed = new Set<Block>([target]);
    for (const node of nodes) {
      const from = parent(node) as Block;
      lists.set(from, statements(from).filter((each) => each !== node));
      homes.set(node, target);
      changed.add(from);
    }
    lists.set(target, [...nodes, ...statements(target)]);
    for (const node of ancestors(changed)) for (const known of [usedBy, ownOf, declaredIn]) known.delete(node);
  }

  /** What `node` has become; its comments in front are left where they were. */
  function textOf(node: ts.Node): string {
    let text = '';
    let at = node.getStart();
    const visit = (child: ts.Node): void => {
      const list = ts.isBlock(child) || ts.isSourceFile(child) ? lists.get(child) : undefined;
      if (!list) {
        ts.forEachChild(child, visit);
        return;
      }
      const block = child as Block;
      if (ts.isBlock(block)) {
        text += script.slice(at, block.getStart() + 1);
        at = block.getStart() + 1;
      }
      const staying = new Set(list);
      const added = list.filter((each) => homes.get(each) === block);
      if (added.length) text += `\n${added.map(textOf).join('\n')}`;
      for (const each of block.statements) {
        if (staying.has(each)) visit(each);
        else {
          text += script.slice(at, each.getStart());
          at = each.getEnd();
        }
      }
    };
    visit(node);
    return text + script.slice(at, node.getEnd());
  }

  return { source, statements, parent, used, own, declared, move, text: () => script.slice(0, source.getStart()) + textOf(source) };
}

function kept<T>(known: Map<ts.Node, T>, node: ts.Node, find: () => T): T {
  let value = known.get(node);
  if (value === undefined) {
    value = find();
    known.set(node, value);
  }
  return value;
}
