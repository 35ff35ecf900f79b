import {
  Action,
  Body,
  HttpFilter,
  NoConfig,
  RequestHeaders,
  ResponseHeaders,
} from '@batten/wasm-sdk/assembly'

/** Reverses the words of requests once they are complete, and shouts responses piece by piece. */
export class BodyFilter extends HttpFilter<NoConfig> {
  onRequestHeaders(headers: RequestHeaders, endOfStream: bool): Action {
    headers.remove('content-length')
    return Action.Continue
  }

  onRequestBody(body: Body, endOfStream: bool): Action {
    if (!endOfStream) return Action.Pause
    body.replace(body.text().split(' ').reverse().join(' '))
    return Action.Continue
  }

  onResponseHeaders(headers: ResponseHeaders, endOfStream: bool): Action {
    headers.remove('content-length')
    return Action.Continue
  }

  onResponseBody(body: Body, endOfStream: bool): Action {
    if (body.size > 0) body.replace(body.text().toUpperCase())
    if (endOfStream) body.append('!')
    return Action.Continue
  }
}
