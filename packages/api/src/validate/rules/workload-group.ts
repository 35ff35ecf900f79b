import type { WorkloadTemplate } from '../../gen/types/networking/workload-entry.ts'
import type { ReadinessProbe, WorkloadGroupSpec } from '../../gen/types/networking/workload-group.ts'
import { strictHeaderNameProblem } from './headers.ts'
import { checkLabels } from './labels.ts'
import { portProblem } from './ports.ts'
import type { KindRules, Path, RuleReport } from './report.ts'

/** Rules of WorkloadGroup. */
export const workloadGroupRules: KindRules<WorkloadGroupSpec> = (spec, _object, report) => {
  if ((spec.template as WorkloadTemplate | undefined) === undefined) {
    report.error(['spec', 'template'], 'RULE_EMPTY', 'template is required')
    return
  }
  checkLabels(spec.metadata?.labels, ['spec', 'metadata', 'labels'], report)
  checkProbe(spec.probe, ['spec', 'probe'], report)
}

const COUNTS = [
  'periodSeconds',
  'initialDelaySeconds',
  'timeoutSeconds',
  'successThreshold',
  'failureThreshold',
] as const

function checkProbe(probe: ReadinessProbe | undefined, path: Path, report: RuleReport): void {
  if (probe === undefined) return
  for (const field of COUNTS) {
    if ((probe[field] ?? 0) < 0) report.error([...path, field], 'RULE_PROBE', `${field} must be non-negative`)
  }
  if (probe.httpGet !== undefined) {
    const { port, scheme = '', httpHeaders = [] } = probe.httpGet
    report.check([...path, 'httpGet', 'port'], 'RULE_PORT', portProblem(port ?? 0))
    if (!['', 'HTTP', 'HTTPS'].includes(scheme)) {
      report.error(
        [...path, 'httpGet', 'scheme'],
        'RULE_PROBE',
        'httpGet.scheme must be one of "HTTPS", "HTTP"',
      )
    }
    for (const [i, { name = '' }] of httpHeaders.entries()) {
      report.check(
        [...path, 'httpGet', 'httpHeaders', i, 'name'],
        'RULE_HEADER',
        strictHeaderNameProblem(name),
      )
    }
  } else if (probe.tcpSocket !== undefined) {
    report.check([...path, 'tcpSocket', 'port'], 'RULE_PORT', portProblem(probe.tcpSocket.port ?? 0))
  } else if (probe.exec !== undefined) {
    if ((probe.exec.command?.length ?? 0) === 0) {
      report.error([...path, 'exec', 'command'], 'RULE_PROBE', 'exec.command is required')
    }
  } else if (probe.grpc !== undefined) {
    if (probe.grpc.port !== undefined)
      report.check([...path, 'grpc', 'port'], 'RULE_PORT', portProblem(probe.grpc.port))
  } else
    report.error(
      path,
      'RULE_PROBE',
      'unknown health check method <nil>',
      'set httpGet, tcpSocket, exec or grpc',
    )
}
