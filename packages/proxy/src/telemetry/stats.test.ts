import { expect, it } from 'vitest'
import { tagStatName } from './stat-tags.ts'
import { StatsStore } from './stats.ts'

it.each([
  [
    'cluster.reviews.upstream_rq_2xx',
    undefined,
    'envoy_cluster_upstream_rq_xx',
    { envoy_cluster_name: 'reviews', envoy_response_code_class: '2' },
  ],
  [
    'cluster.reviews.upstream_rq_503',
    undefined,
    'envoy_cluster_upstream_rq',
    { envoy_cluster_name: 'reviews', envoy_response_code: '503' },
  ],
  [
    'cluster.outbound|80||a.b.svc.cluster.local.upstream_cx_active',
    'outbound|80||a.b.svc.cluster.local',
    'envoy_cluster_upstream_cx_active',
    { envoy_cluster_name: 'outbound|80||a.b.svc.cluster.local' },
  ],
  [
    'http.ingress.downstream_rq_4xx',
    undefined,
    'envoy_http_downstream_rq_xx',
    { envoy_http_conn_manager_prefix: 'ingress', envoy_response_code_class: '4' },
  ],
  [
    'http.ingress.rds.8080.update_success',
    undefined,
    'envoy_http_rds_update_success',
    { envoy_http_conn_manager_prefix: 'ingress', envoy_rds_route_config: '8080' },
  ],
  [
    'listener.127.0.0.1_80.http.in.downstream_rq_completed',
    '127.0.0.1_80',
    'envoy_listener_http_downstream_rq_completed',
    { envoy_listener_address: '127.0.0.1_80', envoy_http_conn_manager_prefix: 'in' },
  ],
  ['wasmcustom.my_counter', undefined, 'my_counter', {}],
  ['server.live', undefined, 'envoy_server_live', {}],
  ['cluster', undefined, 'envoy_cluster', {}],
])('splits %s into the Prometheus name and labels that Envoy gives it', (dotted, scope, name, labels) => {
  expect(tagStatName(dotted, scope)).toEqual({ prometheusName: name, labels })
})

it('counts one number under its dotted and its Prometheus name', () => {
  const stats = new StatsStore()
  const scope = stats.scope('cluster', 'outbound|80||a.b')
  scope.counter('upstream_rq_total').add(2)
  stats.counter('cluster.outbound|80||a.b.upstream_rq_total').inc()
  scope.gauge('upstream_cx_active').set(4)
  const names: string[] = []
  stats.forEach((stat) => {
    names.push(`${stat.kind} ${stat.name} ${stat.kind === 'histogram' ? '' : stat.metric.value}`)
  })
  expect(names).toEqual([
    'gauge cluster.outbound|80||a.b.upstream_cx_active 4',
    'counter cluster.outbound|80||a.b.upstream_rq_total 3',
  ])
  expect(stats.toPrometheus()).toBe(
    [
      '# TYPE envoy_cluster_upstream_cx_active gauge',
      'envoy_cluster_upstream_cx_active{envoy_cluster_name="outbound|80||a.b"} 4',
      '# TYPE envoy_cluster_upstream_rq_total counter',
      'envoy_cluster_upstream_rq_total{envoy_cluster_name="outbound|80||a.b"} 3',
      '',
    ].join('\n'),
  )
})

it('splits a dotted name at a scope that is known, even when the scope was named with dots', () => {
  const stats = new StatsStore()
  const scoped = stats.scope('cluster', 'a.b').counter('upstream_rq_total')
  expect(stats.counter('cluster.a.b.upstream_rq_total')).toBe(scoped)
  stats.counter('cluster.a.b.upstream_rq_retry').inc()
  expect(stats.toPrometheus()).toContain('envoy_cluster_upstream_rq_retry{envoy_cluster_name="a.b"} 1')
})

it('prints histograms with cumulative buckets', () => {
  const stats = new StatsStore()
  const time = stats.histogram('http.in.downstream_rq_time', [1, 10])
  for (const value of [0.5, 5, 50]) time.observe(value)
  expect(stats.toPrometheus()).toBe(
    [
      '# TYPE envoy_http_downstream_rq_time histogram',
      'envoy_http_downstream_rq_time_bucket{envoy_http_conn_manager_prefix="in",le="1"} 1',
      'envoy_http_downstream_rq_time_bucket{envoy_http_conn_manager_prefix="in",le="10"} 2',
      'envoy_http_downstream_rq_time_bucket{envoy_http_conn_manager_prefix="in",le="+Inf"} 3',
      'envoy_http_downstream_rq_time_sum{envoy_http_conn_manager_prefix="in"} 55.5',
      'envoy_http_downstream_rq_time_count{envoy_http_conn_manager_prefix="in"} 3',
      '',
    ].join('\n'),
  )
})

it('forgets the stats of a scope that is removed', () => {
  const stats = new StatsStore()
  stats.scope('cluster', 'gone').counter('upstream_rq_total').inc()
  stats.scope('cluster', 'kept').counter('upstream_rq_total').inc()
  stats.removeScope('cluster', 'gone')
  expect(stats.find('cluster.gone.upstream_rq_total')).toBeUndefined()
  expect(stats.toPrometheus()).not.toContain('gone')
  expect(stats.scope('cluster', 'gone').counter('upstream_rq_total').value).toBe(0)
})

it('keeps the stats of a scope whose name only begins like the removed one', () => {
  const stats = new StatsStore()
  stats.scope('cluster', 'reviews')
  stats.scope('cluster', 'reviews.v2').counter('upstream_rq_200').inc()
  stats.counter('cluster.reviews.upstream_rq_200').inc()
  stats.removeScope('cluster', 'reviews')
  expect(stats.toPrometheus()).toBe(
    [
      '# TYPE envoy_cluster_upstream_rq counter',
      'envoy_cluster_upstream_rq{envoy_response_code="200",envoy_cluster_name="reviews.v2"} 1',
      '',
    ].join('\n'),
  )
})

it('refuses to use one name for two kinds of stat', () => {
  const stats = new StatsStore()
  stats.counter('server.live')
  expect(() => stats.gauge('server.live')).toThrow('stat server.live is a counter, not a gauge')
})
