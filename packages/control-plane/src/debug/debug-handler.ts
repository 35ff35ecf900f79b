import type { CertificateAuthority } from '../ca/authority.ts'
import type { ControlPlaneMetrics } from '../metrics.ts'
import type { Finding } from '../model/finding.ts'
import type { Model } from '../model/model.ts'
import type { ViewSource, XdsServer } from '../serve/xds-server.ts'
import type { PushLog } from './push-log.ts'

/** What the pages may look at. */
export interface DebugSource {
  readonly version: string
  readonly model: Pick<Model, 'snapshot'>
  readonly server: XdsServer
  readonly translator: ViewSource
  readonly authority: CertificateAuthority
  readonly metrics: ControlPlaneMetrics
  readonly pushLog: PushLog
  /** What is wrong with the configuration now, and what proxies make of it. */
  findings(): readonly Finding[]
  /** True from the first complete snapshot on. */
  isReady(): boolean
}

export interface DebugReply {
  /** Default: 200. */
  readonly status?: number
  /** An object is printed as JSON. */
  readonly body: string | object
  /** Default: `text/plain` for text, `application/json` for objects. */
  readonly contentType?: string
  /** Where to go from here: those who ask for HTML, as browsers do, get these instead of the body. */
  readonly links?: readonly DebugLink[]
}

/** One line of a page for browsers. */
export interface DebugLink {
  readonly path: string
  /** Default: the path. */
  readonly text?: string
  readonly help?: string
}

/** One page. One file in `handlers/`, one line in `handlers/index.ts`. */
export interface DebugHandler {
  readonly path: string
  /** One line for `/debug/list`. */
  readonly help: string
  handle(query: URLSearchParams, source: DebugSource): DebugReply
}
