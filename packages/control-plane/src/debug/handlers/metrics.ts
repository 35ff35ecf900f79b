import { formatPrometheus, PROMETHEUS_CONTENT_TYPE } from '@batten/core'
import type { DebugHandler } from '../debug-handler.ts'

/** Prometheus metrics under Istio's names. */
export const metrics: DebugHandler = {
  path: '/metrics',
  help: 'Prometheus metrics',
  handle: (_, source) => ({
    body: formatPrometheus(source.metrics.collect()),
    contentType: PROMETHEUS_CONTENT_TYPE,
  }),
}
