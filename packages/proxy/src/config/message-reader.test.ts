import { BattenError } from '@batten/core'
import type { Cluster } from '@batten/xds'
import { describe, expect, it } from 'vitest'
import { FieldPath } from './field-path.ts'
import { MessageReader } from './message-reader.ts'

const at = FieldPath.of('cluster', 'a')

function refusal(action: () => void): BattenError {
  try {
    action()
  } catch (thrown) {
    if (thrown instanceof BattenError) return thrown
    throw thrown
  }
  throw new Error('nothing was refused')
}

describe('MessageReader', () => {
  it('refuses every field that is set and was not read, by its protobuf name', () => {
    const reader = new MessageReader<Cluster>(
      { name: 'a', lrsServer: { self: {} }, healthChecks: [{}], preconnectPolicy: {} },
      'Cluster',
      at,
    )
    reader.text('name')
    const error = refusal(() => reader.done())
    expect(error.code).toBe('PROXY_UNSUPPORTED_FIELD')
    expect(error.where).toBe('cluster "a": lrs_server')
    expect(error.message).toBe('not supported yet, nor are health_checks, preconnect_policy beside it')
  })

  it('takes default values for absent ones, as proto3 does', () => {
    const reader = new MessageReader<Cluster>(
      { name: '', closeConnectionsOnHostHealthFailure: false, filters: [], lrsReportEndpointMetrics: [] },
      'Cluster',
      at,
    )
    expect(() => reader.done()).not.toThrow()
  })

  it('takes an empty message for present', () => {
    const reader = new MessageReader<Cluster>({ outlierDetection: {} }, 'Cluster', at)
    expect(refusal(() => reader.done()).where).toBe('cluster "a": outlier_detection')
  })

  it('accepts fields that are listed with a reason', () => {
    const reader = new MessageReader<Cluster>({ respectDnsTtl: true }, 'Cluster', at)
    expect(() => reader.done()).not.toThrow()
  })

  it('reads durations as milliseconds and refuses negative ones', () => {
    const reader = new MessageReader<Cluster>(
      { connectTimeout: { seconds: 1, nanos: 500_000_000 }, dnsRefreshRate: { seconds: -1 } },
      'Cluster',
      at,
    )
    expect(reader.durationMs('connectTimeout')).toBe(1500)
    expect(reader.durationMs('cleanupInterval')).toBeUndefined()
    expect(refusal(() => reader.durationMs('dnsRefreshRate')).where).toBe('cluster "a": dns_refresh_rate')
  })

  it('tells an absent wrapper from one that holds the default', () => {
    const reader = new MessageReader<Cluster>(
      { waitForWarmOnInit: {}, perConnectionBufferLimitBytes: {} },
      'Cluster',
      at,
    )
    expect(reader.flag('waitForWarmOnInit', true)).toBe(false)
    expect(reader.number('perConnectionBufferLimitBytes')).toBe(0)
    expect(reader.number('maxRequestsPerConnection')).toBeUndefined()
  })

  it('names the value when only some values of a field are supported', () => {
    const reader = new MessageReader<Cluster>({ lbPolicy: 'MAGLEV' }, 'Cluster', at)
    const error = refusal(() => reader.choice('lbPolicy', ['ROUND_ROBIN'], 'ROUND_ROBIN'))
    expect(`${error.where}: ${error.message}`).toBe('cluster "a": lb_policy: MAGLEV is not supported yet')
  })
})

describe('FieldPath', () => {
  it('prints repeated fields, maps and nested messages as they stand in YAML', () => {
    const path = FieldPath.of('listener', '0.0.0.0_80')
      .field('filterChains')
      .index(0)
      .field('filters')
      .index(1)
    expect(`${path.field('typedConfig').field('statPrefix')}`).toBe(
      'listener "0.0.0.0_80": filter_chains[0].filters[1].typed_config.stat_prefix',
    )
    expect(`${FieldPath.of('route').field('typedPerFilterConfig').key('envoy.filters.http.cors')}`).toBe(
      'route: typed_per_filter_config["envoy.filters.http.cors"]',
    )
  })

  it('puts itself before the path of what it runs', () => {
    const error = refusal(() =>
      at.field('filters').within(() => {
        throw new BattenError('X', { message: 'no', where: 'config.code' })
      }),
    )
    expect(error).toMatchObject({ code: 'X', message: 'no', where: 'cluster "a": filters.config.code' })
  })
})
