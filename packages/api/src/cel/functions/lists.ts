import { CelError, compare, equals, List, type Value } from '../value.ts'
import { global, method } from './registry.ts'
import { callAdd } from './sum.ts'

function ofList(name: string, run: (items: readonly Value[], args: readonly Value[]) => Value | undefined) {
  return method(name, ([list, ...args]) => (list instanceof List ? run(list.values(), args) : undefined))
}

function extreme(name: string, sign: 1 | -1) {
  return ofList(name, (items) => {
    if (items.length === 0) throw new CelError(`${name} called on empty list`)
    return items.reduce((best, item) => (compare(item, best) * sign > 0 ? item : best))
  })
}

/** Functions of lists, of the language extension and of Kubernetes. */
export const lists = [
  ofList('isSorted', (items) => items.every((item, i) => i === 0 || compare(items[i - 1]!, item) <= 0)),
  ofList('sum', (items) => (items.length === 0 ? 0n : items.reduce((total, item) => callAdd(total, item)))),
  extreme('min', -1),
  extreme('max', 1),
  ofList('indexOf', (items, [wanted]) => BigInt(items.findIndex((item) => equals(item, wanted!)))),
  ofList('lastIndexOf', (items, [wanted]) => BigInt(items.findLastIndex((item) => equals(item, wanted!)))),
  ofList('distinct', (items) =>
    List.of(items.filter((item, i) => items.findIndex((one) => equals(one, item)) === i)),
  ),
  ofList('reverse', (items) => List.of(items.toReversed())),
  ofList('sort', (items) => List.of(items.toSorted(compare))),
  ofList('first', (items) => items[0]),
  ofList('last', (items) => items[items.length - 1]),
  ofList('slice', (items, [from, to]) => {
    if (typeof from !== 'bigint' || typeof to !== 'bigint') return undefined
    if (from < 0n || to < from || to > BigInt(items.length)) throw new CelError('slice bounds out of range')
    return List.of(items.slice(Number(from), Number(to)))
  }),
  ofList('flatten', (items, [depth]) => {
    if (depth !== undefined && typeof depth !== 'bigint') return undefined
    return List.of(flatten(items, depth === undefined ? 1 : Number(depth)))
  }),
  ofList('includes', (items, [wanted]) => items.some((item) => equals(item, wanted!))),
  global('lists.range', ([count]) => {
    if (typeof count !== 'bigint') return undefined
    if (count > 1_000_000n) throw new CelError('lists.range() is limited to 1000000')
    return List.of([...Array(Math.max(0, Number(count))).keys()].map(BigInt))
  }),
  global('sets.contains', ([a, b]) =>
    sets(a, b, (x, y) => y.every((item) => x.some((one) => equals(one, item)))),
  ),
  global('sets.intersects', ([a, b]) =>
    sets(a, b, (x, y) => y.some((item) => x.some((one) => equals(one, item)))),
  ),
  global('sets.equivalent', ([a, b]) =>
    sets(
      a,
      b,
      (x, y) =>
        y.every((item) => x.some((one) => equals(one, item))) &&
        x.every((item) => y.some((one) => equals(one, item))),
    ),
  ),
]

function flatten(items: readonly Value[], depth: number): Value[] {
  return items.flatMap((item) =>
    item instanceof List && depth > 0 ? flatten(item.values(), depth - 1) : [item],
  )
}

function sets(
  a: Value | undefined,
  b: Value | undefined,
  test: (a: readonly Value[], b: readonly Value[]) => boolean,
): boolean | undefined {
  return a instanceof List && b instanceof List ? test(a.values(), b.values()) : undefined
}
