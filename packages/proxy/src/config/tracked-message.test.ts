import { describe, expect, it } from 'vitest'
import { configErrorText } from '../errors.ts'
import { FieldPath } from './field-path.ts'
import { compileTracked } from './tracked-message.ts'

const at = FieldPath.of('listener', 'l').field('typedConfig')

function refusal(message: object, compile: (message: never) => unknown): string {
  try {
    compileTracked(message, 'a.b.Router', at, compile as (message: object) => unknown)
  } catch (thrown) {
    return configErrorText(thrown)
  }
  throw new Error('it was not refused')
}

describe('compileTracked', () => {
  it('returns what the compile function makes of the message', () => {
    const message = { list: [{ a: 1 }], bytes: Buffer.from('x'), none: [] }
    const result = compileTracked(message, 'a.b.C', at, (config) => {
      const { list, bytes } = config as typeof message
      return `${list.map((item) => item.a)}${bytes.toString()}`
    })
    expect(result).toBe('1x')
  })

  it('refuses a field that was not looked at', () => {
    expect(refusal({ known: 1, rateLimits: [{}] }, (config: { known: number }) => config.known)).toBe(
      'listener "l": typed_config.rate_limits: not supported yet',
    )
  })

  it('refuses a field of a message inside that was not looked at', () => {
    expect(
      refusal({ policies: [{ a: 1 }, { a: 1, b: 2 }] }, (config: { policies: { a: number }[] }) =>
        config.policies.map((policy) => policy.a),
      ),
    ).toBe('listener "l": typed_config.policies[1].b: not supported yet')
  })

  it('accepts what is listed with a reason', () => {
    expect(compileTracked({ startChildSpan: true }, 'a.b.Router', at, () => 'made')).toBe('made')
  })
})
