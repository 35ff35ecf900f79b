import { describe, expect, it } from 'vitest'
import { createLogger } from './log.ts'

function capture(options: { level?: string; pretty?: boolean; scope?: string } = {}) {
  const lines: string[] = []
  const log = createLogger({ ...options, destination: { write: (line) => void lines.push(line) } })
  return { log, lines, json: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) }
}

describe('createLogger', () => {
  it('writes one JSON line with level, time, scope, message and fields', () => {
    const { log, json } = capture({ scope: 'proxy' })
    log.child('xds').warn('rejected', { resource: 'outbound|80||a', attempt: 2 })
    const [line] = json()
    expect(line).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      scope: 'proxy/xds',
      msg: 'rejected',
      resource: 'outbound|80||a',
      attempt: 2,
    })
  })

  it('leaves out lines below the level and takes a new level at once', () => {
    const { log, json } = capture({ level: 'warn' })
    log.info('one')
    log.level = 'debug'
    log.debug('two')
    log.level = 'off'
    log.error('three')
    expect(json().map((line) => line['msg'])).toEqual(['two'])
  })

  it('sets levels by scope, for scopes below a name and for scopes that appear later', () => {
    const { log } = capture({ scope: 'proxy' })
    const xds = log.child('xds')
    log.setLevels('default:error,proxy/xds:debug')
    expect([log.level, xds.level, xds.child('delta').level, log.child('http').level]).toEqual([
      'error',
      'debug',
      'debug',
      'error',
    ])
    log.setLevels('info')
    expect([...log.scopes].map(([name, scope]) => [name, scope.level])).toEqual([
      ['proxy', 'info'],
      ['proxy/xds', 'info'],
      ['proxy/xds/delta', 'info'],
      ['proxy/http', 'info'],
    ])
  })

  it('returns the same logger for the same scope', () => {
    const { log } = capture()
    expect(log.child('a').child('b')).toBe(log.child('a/b'))
  })

  it('refuses a word that is no level', () => {
    const { log } = capture()
    expect(() => log.setLevels('loud')).toThrow('"loud" is no log level')
  })

  it('prints an error in a field with type, message and code', () => {
    const { log, json } = capture()
    log.error('failed', { error: Object.assign(new TypeError('no'), { code: 'E_NO' }) })
    expect(json()[0]).toMatchObject({ error: { type: 'TypeError', message: 'no', code: 'E_NO' } })
  })

  it('renames fields that would hide the keys of the line', () => {
    const { log, json } = capture({ scope: 's' })
    log.info('hello', { msg: 'other', level: 'x' })
    expect(json()[0]).toMatchObject({ level: 'info', scope: 's', msg: 'hello', msg_: 'other', level_: 'x' })
  })

  it('prints pretty lines that a message from the network cannot break', () => {
    const { log, lines } = capture({ pretty: true, scope: 'dev' })
    log.info('a\nb', { path: '/x', text: 'two words', n: 1 })
    expect(lines).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}\[dev\] a\\nb path=\/x text="two words" n=1\n$/),
    ])
  })
})
