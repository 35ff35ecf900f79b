import { compileCel } from '../../cel/compile.ts'

/** Attributes that Envoy gives to expressions. */
const ATTRIBUTES = [
  'request',
  'response',
  'connection',
  'upstream',
  'source',
  'destination',
  'metadata',
  'filter_state',
  'upstream_filter_state',
  'xds',
  'node',
  'plugin_name',
  'plugin_root_id',
  'plugin_vm_id',
  'cluster_name',
  'cluster_metadata',
  'listener_direction',
  'listener_metadata',
  'route_name',
  'route_metadata',
  'upstream_host_metadata',
]

/** What is wrong with an expression over Envoy's attributes; undefined when it compiles. */
export function compileExpression(expression: string): string | undefined {
  try {
    compileCel(expression, ATTRIBUTES)
    return undefined
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown)
  }
}
