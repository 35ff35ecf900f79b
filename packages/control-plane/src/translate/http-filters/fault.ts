import { HTTP_FILTERS, packAny } from '@batten/xds'
import type { HttpFilterSource } from './index.ts'

const TYPED_CONFIG = packAny('envoy.extensions.filters.http.fault.v3.HTTPFault', {})

/** Delays and aborts of routes; does nothing where a route asks for none. Faults are the client's business. */
export const fault: HttpFilterSource = {
  name: HTTP_FILTERS.fault,
  build: ({ direction }) =>
    direction === 'inbound' ? [] : [{ name: HTTP_FILTERS.fault, typedConfig: TYPED_CONFIG }],
}
