import { HTTP_FILTERS, packAny } from '@batten/xds'
import type { HttpFilterSource } from './index.ts'

const TYPED_CONFIG = packAny('envoy.extensions.filters.http.cors.v3.Cors', {})

/** Cross-origin policies of routes; does nothing where a route has none. */
export const cors: HttpFilterSource = {
  name: HTTP_FILTERS.cors,
  build: () => [{ name: HTTP_FILTERS.cors, typedConfig: TYPED_CONFIG }],
}
