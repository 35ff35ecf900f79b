import type { HTTPRetry } from '@batten/api'
import { unpackAny } from '@batten/xds'
import { describe, expect, it } from 'vitest'
import { retriesToRetryPolicy } from './retries.ts'

const DEFAULT_ON = 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes'
const elsewhere = {
  retryHostPredicate: [
    {
      name: 'envoy.retry_host_predicates.previous_hosts',
      typedConfig: {
        typeUrl: 'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
        value: new Uint8Array(),
      },
    },
  ],
  hostSelectionRetryMaxAttempts: 5,
}

describe('retriesToRetryPolicy', () => {
  it.each<[string, HTTPRetry | undefined, number, unknown]>([
    [
      'uses the default of the mesh',
      undefined,
      2,
      { retryOn: DEFAULT_ON, numRetries: { value: 2 }, ...elsewhere },
    ],
    ['is off when the mesh says so', undefined, 0, undefined],
    ['is off with no attempts', { attempts: 0, retryOn: '5xx' }, 2, undefined],
    [
      'takes attempts, time limit and back-off',
      { attempts: 3, perTryTimeout: '250ms', backoff: '1s' },
      2,
      {
        retryOn: DEFAULT_ON,
        numRetries: { value: 3 },
        ...elsewhere,
        perTryTimeout: { seconds: 0, nanos: 250_000_000 },
        retryBackOff: { baseInterval: { seconds: 1 } },
      },
    ],
    [
      'moves status codes to their own list',
      { attempts: 1, retryOn: '5xx, 409 ,reset,429' },
      2,
      {
        retryOn: '5xx,reset,retriable-status-codes',
        retriableStatusCodes: [409, 429],
        numRetries: { value: 1 },
        ...elsewhere,
      },
    ],
    [
      'keeps the mesh default of attempts when only the conditions are set',
      { retryOn: 'retriable-status-codes,503' },
      2,
      {
        retryOn: 'retriable-status-codes',
        retriableStatusCodes: [503],
        numRetries: { value: 2 },
        ...elsewhere,
      },
    ],
    [
      'may try the same host again',
      { attempts: 1, retryIgnorePreviousHosts: false },
      2,
      { retryOn: DEFAULT_ON, numRetries: { value: 1 } },
    ],
  ])('%s', (_title, retries, defaultAttempts, expected) => {
    expect(retriesToRetryPolicy(retries, { defaultAttempts })).toEqual(expected)
  })

  it('goes to other localities on demand', () => {
    const policy = retriesToRetryPolicy({ attempts: 1, retryRemoteLocalities: true }, { defaultAttempts: 2 })
    expect(policy?.retryPriority?.name).toBe('envoy.retry_priorities.previous_priorities')
    expect(unpackAny(policy!.retryPriority!.typedConfig!).message).toEqual({ updateFrequency: 2 })
  })

  it('chooses among all hosts where the proxy cannot prefer localities', () => {
    const retries = { attempts: 1, retryRemoteLocalities: true }
    expect(retriesToRetryPolicy(retries, { defaultAttempts: 2, canPrioritize: false })).toEqual({
      retryOn: DEFAULT_ON,
      numRetries: { value: 1 },
      ...elsewhere,
    })
  })
})
