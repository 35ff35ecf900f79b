/**
 * Write an HTTP filter in TypeScript: one file with {@link defineHttpFilter}, handed to
 * `createProxy({ extensions: [filter] })`. Built-in and Wasm filters implement the same interface.
 *
 * @example
 * import { defineHttpFilter, reply } from '@batten/proxy/extension'
 *
 * export const requireTenant = defineHttpFilter({
 *   name: 'acme.require_tenant',
 *   typeUrls: ['type.googleapis.com/acme.RequireTenant'],
 *   compile(config: { header?: string }, context) {
 *     const header = config.header ?? 'x-tenant'
 *     const missing = context.metrics.counter('acme_missing_tenant_total')
 *     const filter = {
 *       onRequestHeaders(headers) {
 *         if (headers.has(header)) return undefined
 *         missing.inc()
 *         return reply(400, 'tenant header required')
 *       },
 *     }
 *     return { name: context.filterName, phases: new Set(['onRequestHeaders'] as const), create: () => filter }
 *   },
 * })
 *
 * @packageDocumentation
 */

export {
  type BodyVerdict,
  type Callout,
  type CalloutFailure,
  type CalloutHandle,
  type CalloutRequest,
  type CalloutResponse,
  defineHttpFilter,
  type HttpFilter,
  type HttpFilterContext,
  type HttpFilterDefinition,
  type HttpFilterFactory,
  type HttpFilterPhase,
  type HttpStream,
  type LocalReply,
  reply,
  type Verdict,
} from '../http/filter.ts'
export type { HeaderMap, RequestHeaders, ResponseHeaders } from '../http/header-map.ts'
export type { Route, VirtualHost } from '../http/route/route-config.ts'
export type { Connection, ConnectionTls } from '../network/connection.ts'
