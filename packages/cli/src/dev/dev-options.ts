import type { Clock } from '@batten/core'
import type { DevFinding } from './findings.ts'
import type { ProxyKind } from './proxy-command.ts'

export interface DevOptions {
  /** The project's folder. */
  readonly folder: string
  /** Default: `gatewayPort` of the project, else 8080; the next free one when it is taken. */
  readonly gatewayPort?: number | undefined
  /** Which proxy runs beside the workloads: ours, stock Envoy, or both in turn. Default `batten`. */
  readonly proxy?: ProxyKind | 'mixed' | undefined
  readonly events?: DevEvents
  /** Ends a start that is under way; a mesh that runs ends with `DevMesh.close`. */
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

export type NoticeSeverity = 'success' | 'info' | 'warning' | 'error'

/** What a front end hears of a running mesh. */
export interface DevEvents {
  /** A line of a child's output. */
  output?(child: string, line: string, stream: 'stdout' | 'stderr'): void
  /** The findings that are new since the last call, and how many there are in all. */
  findings?(added: readonly DevFinding[], all: readonly DevFinding[]): void
  /** Anything else worth a line: a restart, a rebuilt filter, a Deployment that nobody runs. */
  notice?(message: string, severity: NoticeSeverity): void
}

/** One line of the table of addresses. */
export interface DevAddress {
  readonly what: string
  readonly url: string
  readonly note?: string
}
