import { describe, expect, it } from 'vitest'
import { analyzers } from './analyzers/index.ts'
import { messageText, messageType, messageTypes } from './messages.ts'

describe('the table of messages', () => {
  it('has a place in the text for every value', () => {
    for (const { code, template, args } of messageTypes)
      expect(template.match(/%[sqdv]/g)?.length ?? 0, code).toBe(args.length)
  })

  it('says of every code what it means, what to do and where to read more', () => {
    for (const type of messageTypes) {
      expect(type.meaning, type.code).not.toBe('')
      expect(type.hint, type.code).not.toBe('')
      expect(URL.canParse(type.documentationUrl), type.code).toBe(true)
    }
  })

  it('has 68 codes of Istio, and names that differ', () => {
    expect(messageTypes.filter(({ code }) => code.startsWith('IST'))).toHaveLength(68)
    expect(new Set(messageTypes.map(({ name }) => name)).size).toBe(messageTypes.length)
  })

  it('prints values as Go does', () => {
    expect(messageText('IST0101', ['gateway', 'shop/"edge"'])).toBe(
      'Referenced gateway not found: "shop/\\"edge\\""',
    )
    expect(messageText('IST0112', ['web', [80, 443]])).toContain('exposes multiple ports [80 443].')
    expect(messageText('IST0170', ['web', 'a', ['east', 'west'], '%s'])).toContain(
      'across clusters ["east" "west"], which can lead to undefined behaviors. The inconsistent behaviors are: %s.',
    )
  })

  it('finds codes in any case', () => {
    expect(messageType('ist0101')?.name).toBe('ReferencedResourceNotFound')
    expect(messageType('IST9999')).toBeUndefined()
  })
})

describe('the list of analyzers', () => {
  it('has names and descriptions that differ', () => {
    const names = analyzers.flatMap(({ name, aliases = [] }) => [name, ...aliases])
    expect(new Set(names).size).toBe(names.length)
    expect(new Set(analyzers.map(({ description }) => description)).size).toBe(analyzers.length)
  })

  it('can report every code but those that need a live cluster or an installation', () => {
    const reported = new Set(analyzers.flatMap(({ codes }) => [...codes]))
    expect(messageTypes.map(({ code }) => code).filter((code) => !reported.has(code))).toEqual([
      'IST0001',
      'IST0141',
      'IST0143',
      'IST0168',
    ])
  })
})
