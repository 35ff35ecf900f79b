import { describe, expect, it } from 'vitest'
import { analyze, analyzers } from '../../src/analyze/index.ts'
import { objectsOf } from '../analysis-table.ts'

/** Codes with the paths that they are reported at. */
function places(objects: string, analyzer: string): string[] {
  return analyze(objectsOf(objects), { analyzers: [analyzer] }).map(({ code, path }) => `${code} ${path}`)
}

// istioctl drops messages that print the same, and prints the line of some fields only.
describe('what is wrong with an object more than once', () => {
  it.each([
    [
      'deprecation.DeprecationAnalyzer',
      'VirtualService a/one: {spec: {http: [{fault: {delay: {percent: 1}}}, {fault: {delay: {percent: 2}}}]}}',
      ['IST0002 spec.http[0].fault.delay.percent'],
    ],
    [
      'applicationUID.Analyzer',
      'Pod a/one: {spec: {securityContext: {runAsUser: 1337}, containers: [{name: a, securityContext: {runAsUser: 1337}}]}}',
      ['IST0144 spec.securityContext.runAsUser'],
    ],
    [
      'envoyfilter.EnvoyPatchAnalyzer',
      'EnvoyFilter a/one: {spec: {configPatches: [{applyTo: HTTP_ROUTE, patch: {operation: ADD}}, {applyTo: HTTP_ROUTE, patch: {operation: ADD}}]}}',
      ['IST0153 spec.configPatches[0].patch.operation'],
    ],
    [
      'virtualservice.DestinationHostAnalyzer',
      'VirtualService a/one: {spec: {http: [{mirrors: [{destination: {host: gone}}, {destination: {host: gone}}]}]}}',
      ['IST0101 spec.http[0].mirrors[0].destination.host'],
    ],
    [
      'telemetry.ProviderAnalyzer',
      'Telemetry a/one: {spec: {accessLogging: [{}, {}]}}',
      ['IST0157 spec.accessLogging[0]'],
    ],
  ])('%s tells it once', (analyzer, objects, expected) => {
    expect(places(objects, analyzer)).toEqual(expected)
  })

  it.each([
    [
      'virtualservice.DestinationHostAnalyzer',
      'VirtualService a/one: {spec: {http: [{route: [{destination: {host: gone}}, {destination: {host: gone}}]}], tcp: [{route: [{destination: {host: gone}}]}]}}',
      [
        'IST0101 spec.http[0].route[0].destination.host',
        'IST0101 spec.http[0].route[1].destination.host',
        'IST0101 spec.tcp[0].route[0].destination.host',
      ],
    ],
    [
      'service.PortNameAnalyzer',
      'Service a/one: {spec: {type: ExternalName, ports: [{name: tcp, port: 1}, {name: x, port: 2}]}}',
      ['IST0150 spec.ports[0].name', 'IST0150 spec.ports[1].name'],
    ],
    [
      'serviceentry.Analyzer',
      'ServiceEntry a/one: {spec: {hosts: [x.com], ports: [{number: 1, name: a, protocol: TCP}, {number: 2, name: b}]}}',
      ['IST0134 spec.ports[0].protocol', 'IST0134 spec.ports[1].protocol'],
    ],
    [
      'auth.AuthorizationPoliciesAnalyzer',
      'AuthorizationPolicy istio-system/one: {spec: {rules: [{from: [{source: {namespaces: [gone]}}, {source: {namespaces: [gone]}}]}]}}',
      [
        'IST0101 spec.rules[0].from[0].source.namespaces[0]',
        'IST0101 spec.rules[0].from[1].source.namespaces[0]',
      ],
    ],
    [
      'virtualservice.WeightAnalyzer',
      'VirtualService a/one: {spec: {http: [{route: [{destination: {host: a}, weight: 1}]}, {route: [{destination: {host: a}, weight: 1}]}]}}',
      ['BAT0101 spec.http[0].route[0].weight', 'BAT0101 spec.http[1].route[0].weight'],
    ],
  ])('%s tells it at each place', (analyzer, objects, expected) => {
    expect(places(objects, analyzer)).toEqual(expected)
  })
})

it('nothing is reported about namespaces of Kubernetes itself, and what is in them is known', () => {
  const objects = objectsOf(`
Namespace kube-system: {}
Service kube-system/dns: {spec: {ports: [{name: x, port: 1}]}}
VirtualService kube-system/one: {spec: {hosts: [dns], http: [{route: [{destination: {host: gone}}]}]}}
VirtualService a/one: {spec: {hosts: [dns], http: [{route: [{destination: {host: dns.kube-system.svc.cluster.local}}]}]}}
`)
  const istio = ['injection.Analyzer', 'service.PortNameAnalyzer', 'virtualservice.DestinationHostAnalyzer']
  expect(analyze(objects, { analyzers: istio })).toEqual([])
})

it('an analyzer is known by the name of its type in Istio as well', () => {
  const twoNames = analyzers.flatMap(({ name, aliases = [] }) =>
    aliases.map((alias) => [name, alias] as const),
  )
  const objects = objectsOf(`
ServiceEntry a/one: {spec: {hosts: [x.com], ports: [{number: 1, name: a, protocol: TCP}]}}
DestinationRule a/one: {spec: {host: gone}}
Sidecar a/one: {spec: {workloadSelector: {labels: {app: gone}}}}
AuthorizationPolicy a/one: {spec: {}}
`)
  expect(twoNames.length).toBeGreaterThan(10)
  for (const [name, alias] of twoNames)
    expect(analyze(objects, { analyzers: [alias] }), alias).toEqual(analyze(objects, { analyzers: [name] }))
})

describe('messages without end', () => {
  it('of one code about one object a hundred are reported', () => {
    const routes = Array.from({ length: 150 }, (_, i) => `{destination: {host: gone-${i}}}`)
    const objects = `VirtualService a/one: {spec: {http: [{route: [${routes.join(', ')}]}]}}`
    expect(places(objects, 'virtualservice.DestinationHostAnalyzer')).toHaveLength(100)
  })

  it('a list in a message ends after fifty', () => {
    const sidecars = Array.from({ length: 60 }, (_, i) => `Sidecar a/s${i}: {spec: {}}`)
    const [first] = analyze(objectsOf(sidecars.join('\n')), { analyzers: ['sidecar.SelectorAnalyzer'] })
    expect(first?.message).toMatch(/ s48 s49 and 10 more\] in namespace "a"/)
  })
})
