import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BattenError } from '@batten/core'
import { afterAll, describe, expect, it } from 'vitest'
import { bootstrapFromJson, loadBootstrap } from './bootstrap.ts'
import { compileBootstrap } from './compile-bootstrap.ts'
import { describeNode } from './node-metadata.ts'

const folder = mkdtempSync(join(tmpdir(), 'batten-bootstrap-'))

afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

function refusal(action: () => unknown): BattenError {
  try {
    action()
  } catch (thrown) {
    if (thrown instanceof BattenError) return thrown
    throw thrown
  }
  throw new Error('it was not refused')
}

describe('loadBootstrap', () => {
  it('reads YAML and JSON, field names in either case', () => {
    const yaml = file('b.yaml', 'node: { id: a, cluster: b }\nstatic_resources:\n  clusters: [{ name: c }]\n')
    const json = file(
      'b.json',
      '{"node":{"id":"a","cluster":"b"},"staticResources":{"clusters":[{"name":"c"}]}}',
    )
    expect(loadBootstrap({ path: yaml }).message).toEqual({
      node: { id: 'a', cluster: 'b' },
      staticResources: { clusters: [{ name: 'c' }] },
    })
    expect(loadBootstrap({ path: json }).message).toEqual(loadBootstrap({ path: yaml }).message)
  })

  it('merges --config-yaml over the file as protobuf does: objects by field, lists one after the other', () => {
    const path = file(
      'base.yaml',
      'node: { id: a, cluster: b }\nstatic_resources: { clusters: [{ name: c }] }\n',
    )
    const { message, origin } = loadBootstrap({
      path,
      yaml: 'node: { id: z }\nstatic_resources: { clusters: [{ name: d }] }',
    })
    expect(message).toEqual({
      node: { id: 'z', cluster: 'b' },
      staticResources: { clusters: [{ name: 'c' }, { name: 'd' }] },
    })
    expect(origin).toBe(path)
  })

  it('names the place of what is no YAML', () => {
    const path = file('broken.yaml', 'node:\n  id: [a\n')
    expect(refusal(() => loadBootstrap({ path }))).toMatchObject({
      code: 'PROXY_BOOTSTRAP_UNREADABLE',
      where: expect.stringMatching(/broken\.yaml:\d+:\d+$/),
    })
  })

  it('names the place of an alias that refers to nothing', () => {
    const path = file('alias.yaml', 'node:\n  id: *missing\n')
    expect(refusal(() => loadBootstrap({ path }))).toMatchObject({
      code: 'PROXY_BOOTSTRAP_UNREADABLE',
      message: '*missing refers to nothing: no &missing stands before it',
      where: `${path}:2:7`,
    })
  })

  it('refuses aliases that multiply', () => {
    const levels = Array.from({ length: 20 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`)
    const path = file('bomb.yaml', ['a0: &a0 [x]', ...levels].join('\n'))
    expect(refusal(() => loadBootstrap({ path }))).toMatchObject({
      code: 'PROXY_BOOTSTRAP_UNREADABLE',
      where: path,
    })
  })

  it('names file and field of what Envoy does not know', () => {
    const path = file('unknown.yaml', 'static_resources: { clusters: [{ name: a, colour: red }] }\n')
    expect(refusal(() => loadBootstrap({ path }))).toMatchObject({
      code: 'PROXY_BOOTSTRAP_INVALID',
      where: `${path}: static_resources.clusters[0].colour`,
    })
  })

  it('says that a file is missing', () => {
    const path = join(folder, 'missing.yaml')
    expect(refusal(() => loadBootstrap({ path }))).toMatchObject({
      code: 'PROXY_BOOTSTRAP_UNREADABLE',
      where: path,
      message: expect.stringContaining('ENOENT'),
    })
  })

  it('refuses aliases that would fill the memory', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    for (let i = 1; i < 9; i++)
      lines.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      )
    const path = file('bomb.yaml', lines.join('\n'))
    expect(() => loadBootstrap({ path })).toThrow(/alias/i)
  })
})

describe('compileBootstrap', () => {
  const compile = (json: object, overrides = {}) =>
    compileBootstrap({ message: bootstrapFromJson(json, 'b'), origin: 'b' }, overrides)

  it('accepts the parts of a sidecar bootstrap by Istio that mean nothing here', () => {
    const config = compile({
      application_log_config: { log_format: { text_format: '%v' } },
      node: {
        id: 'sidecar~10.0.0.1~a.default~default.svc.cluster.local',
        cluster: 'a.default',
        locality: { region: 'r' },
        metadata: { NAMESPACE: 'default' },
      },
      layered_runtime: {
        layers: [
          { name: 'global config', static_layer: { 'overload.global_downstream_max_connections': 1 } },
          { name: 'admin', admin_layer: {} },
        ],
      },
      stats_config: { use_all_default_tags: false },
      admin: {
        profile_path: '/var/lib/istio/data/envoy.prof',
        address: { socket_address: { address: '127.0.0.1', port_value: 15000 } },
      },
      cluster_manager: { outlier_detection: { event_log_path: '/dev/stdout' } },
      dynamic_resources: {
        lds_config: { ads: {}, initial_fetch_timeout: '0s', resource_api_version: 'V3' },
        cds_config: { ads: {}, initial_fetch_timeout: '0s', resource_api_version: 'V3' },
        ads_config: {
          api_type: 'DELTA_GRPC',
          set_node_on_first_message_only: true,
          transport_api_version: 'V3',
          grpc_services: [{ envoy_grpc: { cluster_name: 'xds-grpc' } }],
        },
      },
    })
    expect(config).toMatchObject({
      adminAddress: { host: '127.0.0.1', port: 15000 },
      ads: { cluster: 'xds-grpc', delta: true },
      listenerSource: { source: { kind: 'ads' }, initialFetchTimeoutMs: 0 },
      clusterSource: { source: { kind: 'ads' }, initialFetchTimeoutMs: 0 },
      runtimeKeys: ['overload.global_downstream_max_connections'],
    })
  })

  it('lets the command line replace id and cluster of the node', () => {
    const { node } = compile({ node: { id: 'a', cluster: 'b' } }, { id: 'x' })
    expect(node).toMatchObject({ id: 'x', cluster: 'b' })
  })

  it.each([
    [{ overload_manager: {} }, 'b: overload_manager'],
    [{ stats_sinks: [{ name: 'x' }] }, 'b: stats_sinks'],
    [{ cluster_manager: { load_stats_config: {} } }, 'b: cluster_manager.load_stats_config'],
    [
      { admin: { address: { socket_address: { address: 'localhost', port_value: 1 } } } },
      'b: admin.address.socket_address.address',
    ],
    [
      {
        dynamic_resources: {
          cds_config: {
            api_config_source: { api_type: 'GRPC', grpc_services: [{ envoy_grpc: { cluster_name: 'x' } }] },
          },
        },
      },
      'b: dynamic_resources.cds_config.api_config_source',
    ],
    [
      { dynamic_resources: { ads_config: { api_type: 'REST', cluster_names: ['x'] } } },
      'b: dynamic_resources.ads_config.api_type',
    ],
  ])('refuses %o', (json, where) => {
    expect(refusal(() => compile(json))).toMatchObject({ where })
  })
})

describe('describeNode', () => {
  it('tells the server what this proxy is', () => {
    const node = describeNode({ id: 'a' }, [{ name: 'f', category: 'envoy.filters.http', typeUrls: ['a.F'] }])
    expect(node).toMatchObject({
      id: 'a',
      userAgentName: 'batten',
      userAgentBuildVersion: { version: { majorNumber: expect.any(Number) } },
      extensions: [{ name: 'f', category: 'envoy.filters.http', typeUrls: ['a.F'] }],
    })
  })
})
