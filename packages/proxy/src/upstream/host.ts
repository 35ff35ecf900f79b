import type { HostConfig } from './cluster-config.ts'
import type { Http1Pool } from './pool/http1-pool.ts'

/** A host of a cluster with what happens to it at run time. */
export interface Host {
  readonly config: HostConfig
  /** `ip:port`, as in access logs. */
  readonly address: string
  /** Requests in flight; least request reads it. */
  activeRequests: number
}

/**
 * A host as its cluster keeps it. It survives updates that name the same address, and with it its connections; a host
 * that is gone from the cluster finishes its requests and takes no new ones.
 */
export class UpstreamHost implements Host {
  config: HostConfig
  readonly address: string
  activeRequests = 0
  /** Made with the first request. */
  pool: Http1Pool | undefined

  constructor(config: HostConfig) {
    this.config = config
    this.address = config.key
  }

  get isHealthy(): boolean {
    return this.config.health === 'healthy'
  }
}
