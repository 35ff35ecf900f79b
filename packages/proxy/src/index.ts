/**
 * The Batten data plane: an Envoy-compatible proxy.
 *
 * {@link createProxy} runs one (or several) inside a process; {@link runProxy} is what `batten proxy` does.
 *
 * @packageDocumentation
 */

export type { ServerState } from './admin/handler.ts'
export { EnvoyAgent, type EnvoyAgentOptions } from './agent/envoy-agent.ts'
export type { BootstrapInput } from './bootstrap/bootstrap.ts'
export { USER_AGENT } from './bootstrap/node-metadata.ts'
export { PROXY_ERRORS, type ProxyErrorCode } from './errors.ts'
export { type IdentityOptions, identityFromEnvironment } from './identity/identity-options.ts'
export { type RunProxyOptions, runProxy } from './main.ts'
export type { ProxyOptions } from './options.ts'
export { createProxy, type DrainProxyOptions, type Proxy } from './server/proxy-server.ts'
export type { Stat, StatsStore } from './telemetry/stats.ts'
