import type { Callout, CalloutFailure, CalloutHandle, CalloutResponse } from '../http/filter.ts'

/** Sends one HTTP request to a cluster for a guest. */
export type Dispatch = Callout
export type DispatchHandle = CalloutHandle
export type DispatchOutcome = CalloutResponse | CalloutFailure

/** What happens to requests when the module has failed. */
export type WasmFailurePolicy =
  /** They are answered with 503. */
  | 'fail-closed'
  /** They pass as if the filter were not there. */
  | 'fail-open'
  /** The module is started again, at most once a back-off; in between as `fail-closed`. */
  | 'fail-reload'

/** One configuration of a plugin. */
export interface PluginConfig {
  /** Name of the plugin; property `plugin_name`. */
  readonly name: string
  /** Chooses among the filters of one module; property `plugin_root_id`. */
  readonly rootId: string
  /** The plugin's configuration, as the module reads it. */
  readonly configuration: Uint8Array
  /** The proxy's node, for properties. */
  readonly node: {
    readonly id: string
    readonly cluster: string
    readonly metadata: Readonly<Record<string, unknown>>
  }
  /** Of the listener that the filter belongs to. */
  readonly direction: 'inbound' | 'outbound' | 'unspecified'
}
