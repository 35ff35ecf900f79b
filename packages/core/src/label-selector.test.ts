import { describe, expect, it } from 'vitest'
import { hasLabels, LabelSelector } from './label-selector.ts'

describe('LabelSelector', () => {
  it.each<[string, Record<string, string>[], Record<string, string>[]]>([
    ['', [{}, { a: 'b' }], []],
    ['a=b', [{ a: 'b' }, { a: 'b', c: 'd' }], [{}, { a: 'c' }]],
    ['a==b, c!=d', [{ a: 'b' }, { a: 'b', c: 'x' }], [{ a: 'b', c: 'd' }]],
    ['a in (x, y)', [{ a: 'x' }, { a: 'y' }], [{ a: 'z' }, {}]],
    ['a notin (x,y)', [{ a: 'z' }, {}], [{ a: 'x' }]],
    ['a,!b', [{ a: '' }], [{ a: '1', b: '2' }, {}]],
    ['app.kubernetes.io/name=x', [{ 'app.kubernetes.io/name': 'x' }], [{ name: 'x' }]],
    ['a=', [{ a: '' }], [{}, { a: 'b' }]],
    ['inside in (a)', [{ inside: 'a' }], [{}]],
  ])('%j', (text, yes, no) => {
    const selector = LabelSelector.parse(text)
    for (const labels of yes) expect([labels, selector.matches(labels)]).toEqual([labels, true])
    for (const labels of no) expect([labels, selector.matches(labels)]).toEqual([labels, false])
  })

  it.each(['=', 'a=b=c', 'a in x', 'a in ()x', '!', 'a,,b', 'a b', '(a)'])('refuses %j', (text) => {
    expect(() => LabelSelector.parse(text)).toThrow(
      expect.objectContaining({ code: 'LABEL_SELECTOR_INVALID' }),
    )
  })

  it('compiles the JSON form, and prints itself as text', () => {
    const selector = LabelSelector.from({
      matchLabels: { app: 'a' },
      matchExpressions: [
        { key: 'v', operator: 'In', values: ['2', '1'] },
        { key: 'w', operator: 'NotIn', values: ['x'] },
        { key: 'y', operator: 'Exists' },
        { key: 'z', operator: 'DoesNotExist' },
      ],
    })
    expect(String(selector)).toBe('app=a,v in (1,2),w!=x,y,!z')
    expect(selector.matches({ app: 'a', v: '1', y: '' })).toBe(true)
    expect(LabelSelector.from({}).isEmpty).toBe(true)
    expect(String(LabelSelector.parse(String(selector)))).toBe(String(selector))
  })

  it.each([
    [{ key: 'a', operator: 'In' }, 'needs values for In'],
    [{ key: 'a', operator: 'Exists', values: ['x'] }, 'takes no values for Exists'],
    [{ key: 'a', operator: 'Like', values: ['x'] }, 'has the unknown operator "Like"'],
  ])('refuses the expression %j', (expression, reason) => {
    expect(() => LabelSelector.from({ matchExpressions: [expression] })).toThrow(reason)
  })

  it('does not find labels on the prototype', () => {
    expect(LabelSelector.parse('constructor').matches({})).toBe(false)
    expect(hasLabels({}, { constructor: 'x' })).toBe(false)
    expect(hasLabels({ a: '1', b: '2' }, { a: '1' })).toBe(true)
  })
})
