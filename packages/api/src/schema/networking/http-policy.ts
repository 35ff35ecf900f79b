import { choice, duration, field, flag, int32, list, message, text, texts } from '../node.ts'
import { Percent } from './destination.ts'
import { StringMatch } from './string-match.ts'

/** What becomes of preflight requests that the policy does not cover. */
export const UnmatchedPreflights = choice(
  'UnmatchedPreflights',
  'What becomes of preflight requests whose origin is not allowed.',
  {
    UNSPECIFIED: 'As FORWARD.',
    FORWARD: 'They go to the destination.',
    IGNORE: 'They are answered without CORS headers.',
  },
)

/** Cross-origin resource sharing. */
export const CorsPolicy = message(
  'CorsPolicy',
  'Which pages of other origins may call this service from a browser.',
  {
    allowOrigin: texts('Origins that may call, compared exactly.', { deprecated: 'use `allowOrigins`' }),
    allowOrigins: list(StringMatch, 'Origins that may call.', {
      example: '[{ exact: https://example.com }]',
    }),
    allowMethods: texts('Methods that may be used.', { example: '[GET, POST]' }),
    allowHeaders: texts('Request headers that may be used.'),
    exposeHeaders: texts('Response headers that the page may read.'),
    maxAge: duration('How long a browser may keep the answer to a preflight request.', { example: '24h' }),
    allowCredentials: flag('Whether cookies and authorization may be sent.', { nullable: true }),
    unmatchedPreflights: field(
      UnmatchedPreflights,
      'What becomes of preflight requests whose origin is not allowed.',
      { defaults: 'FORWARD' },
    ),
  },
  { example: 'allowOrigins:\n- exact: https://example.com\nallowMethods: [GET, POST]\nmaxAge: 24h' },
)

/** A delay before forwarding. */
export const FaultDelay = message(
  'FaultDelay',
  'Waits before requests are forwarded.',
  {
    percent: int32('Share of the requests, 0 to 100.', { deprecated: 'use `percentage`' }),
    fixedDelay: duration('How long each request waits.', { example: '5s' }),
    exponentialDelay: duration('Not supported.', { stage: 'experimental' }),
    percentage: field(Percent, 'Share of the requests that wait.', { defaults: '100' }),
  },
  {
    oneOfs: [{ name: 'FaultDelayType', fields: ['fixedDelay', 'exponentialDelay'], mustBeSet: true }],
    anchor: 'HTTPFaultInjection-Delay',
    example: 'fixedDelay: 5s\npercentage: { value: 0.1 }',
  },
)

/** An error instead of forwarding. */
export const FaultAbort = message(
  'FaultAbort',
  'Answers requests with an error instead of forwarding them.',
  {
    httpStatus: int32('HTTP status of the answer, 200 to 599.', { example: '503' }),
    grpcStatus: text('gRPC status of the answer, by name.', { example: 'UNAVAILABLE' }),
    http2Error: text('Not supported.', { stage: 'experimental' }),
    percentage: field(Percent, 'Share of the requests that are answered so.', { defaults: '100' }),
  },
  {
    oneOfs: [{ name: 'FaultAbortType', fields: ['httpStatus', 'grpcStatus', 'http2Error'], mustBeSet: true }],
    anchor: 'HTTPFaultInjection-Abort',
    example: 'httpStatus: 503\npercentage: { value: 10 }',
  },
)

/** Faults to inject. */
export const HTTPFaultInjection = message(
  'HTTPFaultInjection',
  'Makes requests slow, or lets them fail, to test how callers cope. Delay comes before abort.',
  {
    delay: field(FaultDelay, 'Waits before forwarding.'),
    abort: field(FaultAbort, 'Answers with an error.'),
  },
)
