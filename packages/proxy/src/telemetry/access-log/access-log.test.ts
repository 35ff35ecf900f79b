import { pbkdf2 } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BattenError, systemClock } from '@batten/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { clusterConfig } from '../../../test/support/cluster-configs.ts'
import { connectionTls } from '../../../test/support/connection-tls.ts'
import { HttpFixture } from '../../../test/support/http-fixture.ts'
import { plainRoute, routeConfig, virtualHost } from '../../../test/support/route-configs.ts'
import type { HeaderMutations } from '../../http/route/header-mutation.ts'
import { compileHeaderValue } from '../../http/route/header-value.ts'
import type { Connection } from '../../network/connection.ts'
import { StatsStore } from '../stats.ts'
import { AccessLogFiles } from './file.ts'
import { createFileLogger } from './file-logger.ts'
import { compileJsonFormat, compileTextFormat, DEFAULT_LOG_FORMAT } from './format.ts'
import type { LoggedStream } from './logged-stream.ts'
import { compileTimeFormat } from './start-time.ts'

/** A finished exchange, as the connection manager hands it to its loggers. */
function finishedStream(connection: Partial<Connection> = {}): LoggedStream {
  const fixture = new HttpFixture({
    routes: routeConfig([
      virtualHost('v', ['*'], [plainRoute('route-1', 'c', { metadata: { 'app.x': { team: 'blue' } } })]),
    ]),
    clusters: [
      clusterConfig('c', ['10.0.0.1:80'], { statName: 'alt', metadata: { istio: { a: { b: 1 } } } }),
    ],
    manager: { generateRequestId: false },
    connection,
  })
  const client = fixture.connect()
  client.receive(
    'POST /p?q HTTP/1.1\r\nHost: a.example\r\nX-A: 1\r\nX-A: 2\r\nUser-Agent: curl/8\r\nContent-Length: 3\r\n\r\n',
  )
  fixture.clock.advance(5)
  client.receive('abc')
  const host = fixture.accept()
  fixture.clock.advance(20)
  host.receive('HTTP/1.1 201 Created\r\nContent-Length: 4\r\nX-B: b\r\n\r\n')
  fixture.clock.advance(7)
  host.receive('done')
  return fixture.log.streams[0]!
}

it.each([
  ['%START_TIME%', '2023-11-14T22:13:21.000Z'],
  ['%START_TIME(%Y/%m/%dT%H:%M:%S%z %s %3f %f)%', '2023/11/14T22:13:21+0000 1700000001 000 000000000'],
  [
    '%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %REQ(:AUTHORITY)% %REQ(:SCHEME)%',
    'POST /p?q a.example http',
  ],
  ['%PROTOCOL% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS%', 'HTTP/1.1 201 via_upstream -'],
  ['%REQ(X-A)% %REQ(X-NONE?X-A)% %REQ(X-NONE)% %REQ(USER-AGENT):4% %RESP(X-B)%', '1 1 - curl b'],
  ['%BYTES_RECEIVED% %BYTES_SENT%', '3 4'],
  [
    '%DURATION% %REQUEST_DURATION% %REQUEST_TX_DURATION% %RESPONSE_DURATION% %RESPONSE_TX_DURATION%',
    '32 5 5 25 7',
  ],
  ['%COMMON_DURATION(DS_RX_BEG:US_RX_BEG:us)%', '25000'],
  ['%ROUTE_NAME% %UPSTREAM_CLUSTER% %UPSTREAM_CLUSTER_RAW% %UPSTREAM_HOST%', 'route-1 alt c 10.0.0.1:80'],
  [
    '%UPSTREAM_LOCAL_ADDRESS% %UPSTREAM_REQUEST_ATTEMPT_COUNT% %UPSTREAM_TRANSPORT_FAILURE_REASON%',
    '127.0.0.1:80 1 -',
  ],
  [
    '%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_REMOTE_PORT%',
    '127.0.0.9:1234 127.0.0.9 1234',
  ],
  ['%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_PEER_URI_SAN% %REQUESTED_SERVER_NAME%', '127.0.0.1:80 - -'],
  ['%METADATA(ROUTE:app.x:team)% %CLUSTER_METADATA(istio:a:b)% %DYNAMIC_METADATA(none:x)%', 'blue 1 -'],
  ['100%% sure', '100% sure'],
  ['', ''],
])('prints %s', (format, expected) => {
  expect(compileTextFormat(format)(finishedStream())).toBe(expected)
})

it.each([
  [
    '%DOWNSTREAM_PEER_URI_SAN% %DOWNSTREAM_LOCAL_URI_SAN%',
    'spiffe://cluster.local/ns/default/sa/reviews spiffe://cluster.local/ns/default/sa/ratings',
  ],
  [
    '%DOWNSTREAM_TLS_VERSION% %DOWNSTREAM_TLS_CIPHER% %DOWNSTREAM_TLS_SESSION_ID%',
    'TLSv1.3 TLS_AES_128_GCM_SHA256 -',
  ],
  [
    '%DOWNSTREAM_PEER_SUBJECT% %DOWNSTREAM_PEER_ISSUER% %DOWNSTREAM_PEER_SERIAL% %DOWNSTREAM_LOCAL_SUBJECT%',
    'CN=\\"a\\" O=cluster.local 0a -',
  ],
  [
    '%DOWNSTREAM_PEER_FINGERPRINT_256% %DOWNSTREAM_PEER_CERT% %DOWNSTREAM_PEER_CERT_V_START(%F)% %DOWNSTREAM_PEER_CERT_V_END%',
    'abcd PEM%20PEM 2026-01-01 -',
  ],
  ['%REQUESTED_SERVER_NAME% %FILTER_CHAIN_NAME% %CONNECTION_ID%', 'sni.example chain 7'],
])('prints what is known of a TLS connection: %s', (format, expected) => {
  const stream = finishedStream({
    tls: connectionTls(),
    requestedServerName: 'sni.example',
    filterChainName: 'chain',
    id: 7,
  })
  expect(compileTextFormat(format)(stream)).toBe(expected)
})

it('prints the default format as Envoy does', () => {
  expect(compileTextFormat(DEFAULT_LOG_FORMAT)(finishedStream())).toBe(
    '[2023-11-14T22:13:21.000Z] "POST /p?q HTTP/1.1" 201 - 3 4 32 20 "-" "curl/8" "-" "a.example" "10.0.0.1:80"\n',
  )
})

it('prints nothing for what is absent where that is asked for', () => {
  expect(compileTextFormat('[%REQ(X-NONE)%]', true)(finishedStream())).toBe('[]')
})

it('prints JSON with sorted keys, types kept', () => {
  const template = {
    status: '%RESPONSE_CODE%',
    path: 'p=%REQ(:PATH)%',
    nested: { list: ['%PROTOCOL%', 7] },
    none: '%REQ(X-NONE)%',
    flag: true,
  }
  expect(compileJsonFormat(template)(finishedStream())).toBe(
    '{"flag":true,"nested":{"list":["HTTP/1.1",7]},"none":null,"path":"p=/p?q","status":201}\n',
  )
  expect(compileJsonFormat({ none: '%REQ(X-NONE)%' }, true)(finishedStream())).toBe('{}\n')
})

it.each([
  ['%NOT_AN_OPERATOR%', '%NOT_AN_OPERATOR% is no command operator that this proxy knows'],
  ['50%', 'no command operator at position 2 of "50%"; a per cent sign is written %%'],
  ['%REQ%', '%REQ% needs a parameter in parentheses'],
  ['%PROTOCOL(x)%', '%PROTOCOL% takes no parameter'],
  ['%REQ(a?b?c)%', '%REQ(a?b?c)% has more than one alternative'],
  ['%COMMON_DURATION(A:B)%', '%COMMON_DURATION(A:B)% names no time points that are known'],
  ['%METADATA(X:y)%', '%METADATA(X:y)%: X is no kind of metadata'],
])('refuses the format %s', (format, message) => {
  expect(() => compileTextFormat(format)).toThrow(
    expect.objectContaining({ code: 'PROXY_INVALID_CONFIG', message }),
  )
})

it.each(['%RESPONSE_CODE:2%', '%PATH(XX)%', '%QUERY_PARAM%', '%GRPC_STATUS(WORD)%'])(
  'refuses %s',
  (format) => {
    expect(() => compileTextFormat(format)).toThrow(BattenError)
  },
)

it('compiles header values: text stays text, operators print, what is absent is empty', () => {
  expect(compileHeaderValue('plain')).toBe('plain')
  expect(compileHeaderValue('100%%')).toBe('100%')
  const value = compileHeaderValue('%REQ(x-a)%/%REQ(x-none)%')
  expect(typeof value === 'function' && value(finishedStream())).toBe('1/')
  expect(() => compileHeaderValue('%FOO%')).toThrow(BattenError)
})

it('knows the response in the headers that a route adds to it, and the time that it took so far', () => {
  const added = '%RESPONSE_CODE% %RESPONSE_FLAGS% %RESP(x-b)% %DURATION%'
  const mutations: HeaderMutations = {
    request: [],
    response: [{ kind: 'append', name: 'x-seen', value: compileHeaderValue(added), keepEmpty: false }],
  }
  const fixture = new HttpFixture({
    routes: routeConfig([virtualHost('v', ['*'], [plainRoute('', 'c', { mutations })])]),
    clusters: [clusterConfig('c', ['10.0.0.1:80'])],
  })
  const client = fixture.connect()
  client.receive('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const host = fixture.accept()
  fixture.clock.advance(20)
  host.receive('HTTP/1.1 201 Created\r\nContent-Length: 0\r\nX-B: b\r\n\r\n')
  expect(client.written).toContain('\r\nx-seen: 201 - b 20\r\n')
})

it.each([
  ['%a %b %e %j %y %p %I', 'Thu Feb  9 040 23 PM 03'],
  ['%F %T %D', '2023-02-09 15:04:05 02/09/23'],
  ['%1f %6f %9f', '6 678000 678000000'],
  ['%Q %%', '%Q %'],
  // What Envoy prints of the same moment.
  ['%R %r %X %x %c', '15:04 03:04:05 PM 15:04:05 02/09/23 Thu Feb  9 15:04:05 2023'],
  ['%h %k %l %P %u %w %C', 'Feb 15  3 pm 4 4 20'],
  ['%U %W %V %G %g', '06 06 06 2023 23'],
  ['%E3S %E*S %ES %EY %Od %Ez %E*z', '05.678 05.678 %ES 2023 09 +00:00 +00:00:00'],
])('prints times as %s', (format, expected) => {
  expect(compileTimeFormat(format)(Date.UTC(2023, 1, 9, 15, 4, 5, 678))).toBe(expected)
})

describe('a log file', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'batten-log-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('gets the lines of every logger that names it, and is created when needed', async () => {
    const files = new AccessLogFiles(systemClock, new StatsStore())
    const path = join(directory, 'access.log')
    const logger = (text: string) =>
      createFileLogger(
        { destination: { file: path }, format: { kind: 'text', text }, omitEmptyValues: false },
        files,
      )
    const [first, second] = [logger('one %RESPONSE_CODE%\n'), logger('two\n')]
    first.log(finishedStream())
    second.log(finishedStream())
    await first.flush()
    expect(await readFile(path, 'utf8')).toBe('one 201\ntwo\n')
    await files.close()
  })

  it('is opened again by its name after it was moved', async () => {
    const files = new AccessLogFiles(systemClock, new StatsStore())
    const path = join(directory, 'access.log')
    const file = files.open({ file: path })
    file.append('old\n')
    await file.flush()
    await rename(path, `${path}.1`)
    files.reopen()
    file.append('new\n')
    await files.close()
    expect([await readFile(`${path}.1`, 'utf8'), await readFile(path, 'utf8')]).toEqual(['old\n', 'new\n'])
  })

  it('keeps the descriptor of a write that is under way when it is opened again', async () => {
    const stats = new StatsStore()
    const files = new AccessLogFiles(systemClock, stats)
    const path = join(directory, 'rotated.log')
    const file = files.open({ file: path })
    file.append('first\n')
    await file.flush()
    await rename(path, `${path}.1`)
    // The threads that write files are busy for a while.
    for (let i = 0; i < 8; i++) pbkdf2('x', 'y', 100_000, 64, 'sha512', () => {})
    file.append('second\n'.repeat(20_000))
    const others: number[] = []
    files.reopen()
    // Whoever opens something now gets the lowest number that is free.
    const other = join(directory, 'other')
    for (let i = 0; i < 4; i++) others.push(openSync(other, 'w'))
    await files.close()
    for (const fd of others) closeSync(fd)
    expect(await readFile(other, 'utf8')).toBe('')
    expect(await readFile(`${path}.1`, 'utf8')).toHaveLength(6 + 7 * 20_000)
    expect(stats.counter('filesystem.write_failed').value).toBe(0)
  })

  it('never fails a request: what cannot be written is counted', async () => {
    const stats = new StatsStore()
    const files = new AccessLogFiles(systemClock, stats)
    const file = files.open({ file: join(directory, 'missing', 'access.log') })
    file.append('lost\n')
    await files.close()
    expect([
      stats.counter('filesystem.write_failed').value,
      stats.counter('filesystem.reopen_failed').value,
    ]).toEqual([1, 1])
  })
})
