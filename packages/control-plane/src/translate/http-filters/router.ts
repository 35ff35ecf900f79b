import { HTTP_FILTERS, packAny } from '@batten/xds'
import type { HttpFilterSource } from './index.ts'

const TYPED_CONFIG = packAny('envoy.extensions.filters.http.router.v3.Router', {})

/** Sends requests to the cluster of their route. */
export const router: HttpFilterSource = {
  name: HTTP_FILTERS.router,
  build: () => [{ name: HTTP_FILTERS.router, typedConfig: TYPED_CONFIG }],
}
