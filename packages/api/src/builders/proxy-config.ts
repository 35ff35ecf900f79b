import type { ProxyConfig, ProxyConfigSpec } from '../gen/types/networking/proxy-config.ts'
import { type New, type OptionsOf, objectOf } from './object.ts'

/** Options of {@link proxyConfig}: metadata and the fields of the spec. */
export interface ProxyConfigOptions extends OptionsOf<ProxyConfig>, ProxyConfigSpec {}

/**
 * A ProxyConfig: settings of proxies that take effect when they start.
 *
 * @example
 * proxyConfig({ name: 'small', concurrency: 1 })
 * @see https://istio.io/latest/docs/reference/config/networking/proxy-config/
 */
export function proxyConfig(options: ProxyConfigOptions): New<ProxyConfig> {
  return objectOf('networking.istio.io/v1beta1', 'ProxyConfig', options)
}
