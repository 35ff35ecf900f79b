import type { HostConfig } from './cluster-config.ts'
import type { Http1Pool } from './pool/http1-pool.ts'

/** A host of a cluster with what happens to it at run time. */
export interface Host {
  readonly config: HostConfig
  /** `ip:port`, or the path of a Unix socket, as in access logs. */
  readonly address: string
  /** Requests in flight; least request reads it. */
  activeRequests: number
}

/** Counts of one host, as `/clusters` prints them. */
export interface HostCounts {
  cxTotal: number
  cxActive: number
  cxConnectFail: number
  rqTotal: number
  rqSuccess: number
  rqError: number
  rqTimeout: number
}

/** A host that the cluster manager keeps: equal keys across updates are the same object, so its connections stay. */
export class UpstreamHost implements Host {
  config: HostConfig
  readonly address: string
  activeRequests = 0
  readonly counts: HostCounts = {
    cxTotal: 0,
    cxActive: 0,
    cxConnectFail: 0,
    rqTotal: 0,
    rqSuccess: 0,
    rqError: 0,
    rqTimeout: 0,
  }
  /** Made with the first request. Replaced when the cluster's transport changes; the old one drains. */
  pool: Http1Pool | undefined

  constructor(config: HostConfig) {
    this.config = config
    this.address = 'path' in config.address ? config.address.path : config.key
  }
}
