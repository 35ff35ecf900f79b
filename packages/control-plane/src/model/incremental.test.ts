import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defineQuery, type Query, QueryEngine } from './incremental.ts'

interface Inputs {
  readonly prices: ReadonlyMap<string, number>
  readonly names: ReadonlyMap<string, string>
  readonly factor: number
}

const price = defineQuery<Inputs, number>(
  'price',
  (read, item) => (read.entry('prices', item) ?? 0) * read.field('factor'),
)
const label = defineQuery<Inputs, { readonly text: string }>(
  'label',
  (read, item) => ({
    text: `${read.entry('names', item) ?? '?'}:${read.query(price, item) >= 10 ? 'dear' : 'cheap'}`,
  }),
  (before, after) => before.text === after.text,
)
const all = defineQuery<Inputs, readonly { readonly text: string }[]>('all', (read) =>
  [...read.field('prices').keys()].sort().map((item) => read.query(label, item)),
)

const start: Inputs = {
  prices: new Map([
    ['a', 1],
    ['b', 20],
  ]),
  names: new Map([
    ['a', 'apple'],
    ['b', 'bread'],
  ]),
  factor: 1,
}

describe('QueryEngine', () => {
  it('computes once while nothing changes', () => {
    const engine = new QueryEngine<Inputs>()
    const first = engine.run(start, all)
    expect(engine.run(start, all)).toBe(first)
    expect(engine.run({ ...start }, all)).toBe(first)
    expect(Object.fromEntries(engine.computed)).toEqual({ price: 2, label: 2, all: 1 })
  })

  it('computes only what read the changed entry, and stops where the result is equal', () => {
    const engine = new QueryEngine<Inputs>()
    const before = engine.run(start, label, 'a')
    engine.run(start, label, 'b')
    const next = { ...start, prices: new Map(start.prices).set('a', 2) }
    expect(engine.run(next, label, 'a')).toBe(before)
    engine.run(next, label, 'b')
    expect(Object.fromEntries(engine.computed)).toEqual({ price: 3, label: 3 })
  })

  it('answers for an older version of the inputs too', () => {
    const engine = new QueryEngine<Inputs>()
    const next = { ...start, factor: 100 }
    expect(engine.run(start, price, 'a')).toBe(1)
    expect(engine.run(next, price, 'a')).toBe(100)
    expect(engine.run(start, price, 'a')).toBe(1)
  })

  it('refuses a query that depends on itself', () => {
    const loop: Query<Inputs, number> = defineQuery<Inputs, number>('loop', (read) => read.query(loop))
    expect(() => new QueryEngine<Inputs>().run(start, loop)).toThrow('query loop() depends on itself')
  })

  it('forgets results that nothing needs any more, and keeps the parts of what is needed', () => {
    const engine = new QueryEngine<Inputs>()
    engine.run(start, label, 'b')
    for (let i = 0; i < 200; i++) engine.run({ ...start }, label, 'a')
    expect(engine.size).toBe(2)
    engine.run(start, label, 'a')
    expect(Object.fromEntries(engine.computed)).toEqual({ price: 2, label: 2 })
  })

  it('gives the result of a computation from scratch after any sequence of changes', () => {
    const change = fc.record({
      item: fc.constantFrom('a', 'b', 'c'),
      price: fc.option(fc.integer({ min: 0, max: 30 })),
      name: fc.option(fc.constantFrom('x', 'y')),
      factor: fc.option(fc.constantFrom(1, 2)),
    })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        const engine = new QueryEngine<Inputs>()
        let inputs = start
        for (const { item, price: newPrice, name, factor } of changes) {
          const prices = new Map(inputs.prices)
          if (newPrice === null) prices.delete(item)
          else prices.set(item, newPrice)
          inputs = { ...inputs, prices }
          if (name !== null) inputs = { ...inputs, names: new Map(inputs.names).set(item, name) }
          if (factor !== null) inputs = { ...inputs, factor }
          expect(engine.run(inputs, all)).toEqual(new QueryEngine<Inputs>().run(inputs, all))
        }
      }),
    )
  })
})
