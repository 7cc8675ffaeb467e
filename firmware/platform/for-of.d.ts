/** What the type checker wants to see before it lets `for (bytes[place] of values)` pass (scripts/for-of.ts); the lock itself has no Symbol. */
interface SymbolConstructor {
  readonly iterator: unique symbol;
}
declare const Symbol: SymbolConstructor;
interface IteratorResult<T> {
  done: boolean;
  value: T;
}
interface Iterator<T> {
  next(): IteratorResult<T>;
}
interface Iterable<T> {
  [Symbol.iterator](): Iterator<T>;
}
interface Uint8Array {
  [Symbol.iterator](): Iterator<number>;
}
