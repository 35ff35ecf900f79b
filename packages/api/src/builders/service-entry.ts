import type { ServiceEntry, ServiceEntrySpec } from '../gen/types/networking/service-entry.ts'
import { type New, type OptionsOf, objectOf } from './object.ts'

/** Options of {@link serviceEntry}: metadata and the fields of the spec. */
export interface ServiceEntryOptions extends OptionsOf<ServiceEntry>, ServiceEntrySpec {}

/**
 * A ServiceEntry: a service that is added to the registry.
 *
 * @example
 * serviceEntry({ name: 'api', hosts: ['api.example.com'], resolution: 'DNS', ports: [{ number: 443, name: 'tls', protocol: 'TLS' }] })
 * @see https://istio.io/latest/docs/reference/config/networking/service-entry/
 */
export function serviceEntry(options: ServiceEntryOptions): New<ServiceEntry> {
  return objectOf('networking.istio.io/v1', 'ServiceEntry', options)
}
