import type { HTTPDirectResponse } from '@batten/api'
import type { DirectResponseAction } from '@batten/xds'

/**
 * `directResponse` -> `DirectResponseAction`.
 *
 * @translates VirtualService spec.http[].directResponse.status -> DirectResponseAction.status
 * @translates VirtualService spec.http[].directResponse.body -> DirectResponseAction.body
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPDirectResponse
 */
export function directResponseToAction({ status, body }: HTTPDirectResponse): DirectResponseAction {
  if (body === undefined) return { status }
  return {
    status,
    body:
      body.string !== undefined
        ? { inlineString: body.string }
        : { inlineBytes: new Uint8Array(Buffer.from(body.bytes ?? '', 'base64')) },
  }
}
