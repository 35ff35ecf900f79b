import type { TrafficSelector } from '@batten/api'
import { describe, expect, it } from 'vitest'
import type { MeshWasmPlugin } from '../../../model/wasm-plugin.ts'
import { matchesTraffic, type PluginTraffic } from './match.ts'
import { comparePriority, phaseOf } from './phase.ts'

const server: PluginTraffic = { side: 'SERVER', port: 9080 }

function plugin(name: string, spec: Partial<MeshWasmPlugin['spec']>, creationTimestamp = ''): MeshWasmPlugin {
  return {
    key: name,
    name,
    namespace: 'default',
    creationTimestamp,
    selector: undefined,
    targets: [],
    spec: { url: 'file:///x.wasm', ...spec },
    module: { url: 'file:///x.wasm', sha256: '' },
    moduleKey: 'file:///x.wasm',
  }
}

describe('matchesTraffic', () => {
  it.each<[boolean, readonly TrafficSelector[] | undefined]>([
    [true, undefined],
    [true, []],
    [true, [{}]],
    [true, [{ mode: 'UNDEFINED' }]],
    [true, [{ mode: 'CLIENT_AND_SERVER' }]],
    [true, [{ mode: 'SERVER' }]],
    [false, [{ mode: 'CLIENT' }]],
    [true, [{ mode: 'CLIENT' }, { mode: 'SERVER', ports: [{ number: 9080 }] }]],
    [false, [{ mode: 'SERVER', ports: [{ number: 80 }] }]],
    [true, [{ ports: [{ number: 80 }, { number: 9080 }] }]],
  ])('%s: %j', (expected, match) => {
    expect(matchesTraffic(match, server)).toBe(expected)
  })
})

describe('the order of plugins', () => {
  it('puts higher priorities first, then older plugins, then names', () => {
    const plugins = [
      plugin('z', {}, '2026-01-01T00:00:00Z'),
      plugin('young', {}, '2026-02-01T00:00:00Z'),
      plugin('low', { priority: -1 }),
      plugin('a', {}, '2026-01-01T00:00:00Z'),
      plugin('high', { priority: 5 }, '2027-01-01T00:00:00Z'),
    ]
    expect(plugins.sort(comparePriority).map(({ name }) => name)).toEqual(['high', 'a', 'z', 'young', 'low'])
  })

  it('has a place for plugins without a phase', () => {
    expect(phaseOf(plugin('a', {}))).toBe('UNSPECIFIED')
    expect(phaseOf(plugin('a', { phase: 'UNSPECIFIED_PHASE' }))).toBe('UNSPECIFIED')
    expect(phaseOf(plugin('a', { phase: 'AUTHZ' }))).toBe('AUTHZ')
  })
})
