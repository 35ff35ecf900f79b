import type { Analyzer } from '../../analyzer.ts'

/** Classes that every installation of Istio serves. */
const ISTIO_CLASS = /^(istio(-.+)?|agentgateway(-.+)?)$/

/** A Gateway needs a class that exists, and listeners that differ. */
export const classesAndListeners: Analyzer = {
  name: 'k8sgateway.ListenerAnalyzer',
  description: 'Checks the classes and listeners of Kubernetes gateways',
  codes: ['BAT1001', 'BAT1005'],
  analyze(context) {
    for (const gateway of context.all('gateway.networking.k8s.io/Gateway')) {
      const { gatewayClassName = '', listeners = [] } = gateway.spec
      const isKnown =
        ISTIO_CLASS.test(gatewayClassName) ||
        context.find('gateway.networking.k8s.io/GatewayClass', '', gatewayClassName) !== undefined
      if (!isKnown && gatewayClassName !== '') {
        context.report(gateway, 'BAT1001', [gatewayClassName], ['spec', 'gatewayClassName'])
      }
      const seen = new Set<string>()
      for (const [i, { port = 0, protocol = '', hostname = '' }] of listeners.entries()) {
        const key = JSON.stringify([port, protocol, hostname])
        if (seen.has(key)) context.report(gateway, 'BAT1005', [port, hostname], ['spec', 'listeners', i])
        seen.add(key)
      }
    }
  },
}
