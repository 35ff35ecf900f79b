import type { Analyzer } from '../../analyzer.ts'
import { isControlPlane, isSystemNamespace } from '../../index/mesh-membership.ts'
import { isProtocolDeclared, misplacedProtocol } from '../../index/protocol.ts'

/**
 * Names of ports say which protocol they have.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0118/
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0150/
 */
export const portNames: Analyzer = {
  name: 'service.PortNameAnalyzer',
  description: 'Checks the port names associated with each service',
  codes: ['IST0118', 'IST0150'],
  analyze(context) {
    for (const service of context.all('/Service')) {
      if (isSystemNamespace(service.namespace) || isControlPlane(service.labels)) continue
      const isExternal = service.spec.type === 'ExternalName'
      for (const [i, port] of (service.spec.ports ?? []).entries()) {
        const { name = '' } = port
        const path = ['spec', 'ports', i, 'name']
        if (isExternal) {
          // What is called tcp and nothing else catches the traffic of other services on the port.
          if (name === 'tcp' || !isProtocolDeclared(port))
            context.report(service, 'IST0150', [], path, { eachPlace: true })
        } else if (!isProtocolDeclared(port)) {
          const protocol = misplacedProtocol(name)
          const better =
            protocol === undefined ? undefined : `${protocol}-${name.slice(0, -protocol.length - 1)}`
          context.report(service, 'IST0118', [name, port.port ?? 0, String(port.targetPort ?? 0)], path, {
            eachPlace: true,
            ...(better === undefined ? {} : { hint: `The protocol comes first: name the port ${better}.` }),
          })
        }
      }
    }
  },
}
