import { type Counter, type Gauge, type Histogram, MetricRegistry } from '@batten/core'
import { shortTypeName } from '@batten/xds'

/** Seconds; Istio's buckets for convergence. */
const CONVERGENCE_BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 3, 5, 10, 20, 30]
const PUSH_TIME_BUCKETS = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 3, 5]
const SIZE_BUCKETS = [1, 10_000, 1_000_000, 4_000_000, 10_000_000, 40_000_000]

const PROCESS_START = Math.round(Date.now() / 1000 - process.uptime())

/**
 * Every metric of the control plane, under Istio's names, so that existing dashboards and alerts work.
 *
 * @see https://istio.io/latest/docs/reference/commands/pilot-discovery/#metrics
 */
export class ControlPlaneMetrics {
  readonly registry = new MetricRegistry()
  readonly connections: Gauge
  readonly convergence: Histogram
  readonly debounce: Histogram
  readonly queueTime: Histogram
  readonly services: Gauge
  readonly csrRequests: Counter
  readonly csrParsingErrors: Counter
  readonly csrSigningErrors: Counter
  readonly authenticationFailures: Counter
  readonly certificatesIssued: Counter
  readonly rootExpiry: Gauge

  constructor(version: string) {
    const { registry } = this
    this.connections = registry.gauge(
      'pilot_xds',
      { version },
      'Number of endpoints connected to this control plane using XDS.',
    )
    this.convergence = registry.histogram(
      'pilot_proxy_convergence_time',
      {},
      'Delay in seconds between config change and a proxy having accepted all of it.',
      CONVERGENCE_BUCKETS,
    )
    this.debounce = registry.histogram(
      'pilot_debounce_time',
      {},
      'Delay in seconds between the first change of a batch and its push.',
      CONVERGENCE_BUCKETS,
    )
    this.queueTime = registry.histogram(
      'pilot_proxy_queue_time',
      {},
      'Time in seconds that a proxy waits in a push until its turn comes.',
      CONVERGENCE_BUCKETS,
    )
    this.services = registry.gauge('pilot_services', {}, 'Total services known to the control plane.')
    this.csrRequests = registry.counter(
      'citadel_server_csr_count',
      {},
      'Certificate signing requests received.',
    )
    this.csrParsingErrors = registry.counter(
      'citadel_server_csr_parsing_err_count',
      {},
      'Certificate signing requests that could not be used.',
    )
    this.csrSigningErrors = registry.counter(
      'citadel_server_csr_sign_err_count',
      {},
      'Certificates that could not be signed.',
    )
    this.authenticationFailures = registry.counter(
      'citadel_server_authentication_failure_count',
      {},
      'Certificate requests of callers who did not prove who they are.',
    )
    this.certificatesIssued = registry.counter(
      'citadel_server_success_cert_issuance_count',
      {},
      'Certificates issued.',
    )
    this.rootExpiry = registry.gauge(
      'citadel_server_root_cert_expiry_timestamp',
      {},
      'When the signing certificate expires, seconds since the epoch.',
    )
    registry
      .gauge('istio_build', { component: 'pilot', tag: version }, 'Version of the control plane.')
      .set(1)
  }

  /** The registry with the numbers of this process brought up to date. */
  collect(): MetricRegistry {
    const { registry } = this
    const memory = process.memoryUsage()
    const cpu = process.cpuUsage()
    const gauge = (name: string, help: string, value: number) => registry.gauge(name, {}, help).set(value)
    gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', memory.rss)
    gauge('nodejs_heap_size_used_bytes', 'Heap in use in bytes.', memory.heapUsed)
    gauge('process_start_time_seconds', 'Start time of the process since the epoch.', PROCESS_START)
    registry.counter('process_cpu_seconds_total', {}, 'CPU time spent in seconds.').value =
      (cpu.user + cpu.system) / 1e6
    return registry
  }

  /** Responses sent. */
  pushes(typeUrl: string): Counter {
    return this.registry.counter('pilot_xds_pushes', { type: label(typeUrl) }, 'Responses sent, by type.')
  }

  rejects(typeUrl: string): Counter {
    return this.registry.counter(
      'pilot_total_xds_rejects',
      { type: label(typeUrl) },
      'Responses that a proxy rejected (NACK), by type.',
    )
  }

  staleNonces(typeUrl: string): Counter {
    return this.registry.counter(
      'pilot_xds_expired_nonce',
      { type: label(typeUrl) },
      'Requests that answer a response which is not the last one, by type.',
    )
  }

  configSize(typeUrl: string): Histogram {
    return this.registry.histogram(
      'pilot_xds_config_size_bytes',
      { type: label(typeUrl) },
      'Size of responses in bytes, by type.',
      SIZE_BUCKETS,
    )
  }

  /** Time from a response to its acknowledgement. */
  pushTime(typeUrl: string): Histogram {
    return this.registry.histogram(
      'pilot_xds_push_time',
      { type: label(typeUrl) },
      'Time in seconds between a response and its acknowledgement, by type.',
      PUSH_TIME_BUCKETS,
    )
  }

  pushTriggers(reason: string): Counter {
    return this.registry.counter('pilot_push_triggers', { type: reason }, 'What started pushes.')
  }

  /** Streams that were refused or ended, by reason. */
  refusedStreams(reason: string): Counter {
    return this.registry.counter(
      'pilot_xds_refused_streams',
      { reason },
      'Streams that were refused, by reason.',
    )
  }
}

/** Types come from the network: what nobody knows shares one label, so that a node cannot invent series. */
function label(typeUrl: string): string {
  const name = shortTypeName(typeUrl)
  return /^[A-Z]{3,4}$/.test(name) || name === 'ADDRESS' || name === 'WORKLOAD' || name === 'AUTHORIZATION'
    ? name.toLowerCase()
    : 'other'
}
