import {
  Action,
  Body,
  HttpFilter,
  NoConfig,
  RequestHeaders,
  ResponseHeaders,
} from '@batten/wasm-sdk/assembly'

/** Makes up its mind late: answers in place of a response that has already come. */
export class Late extends HttpFilter<NoConfig> {
  private path: string = ''

  onRequestHeaders(headers: RequestHeaders, endOfStream: bool): Action {
    this.path = headers.path
    if (this.path == '/reset') this.close()
    return Action.Continue
  }

  onResponseHeaders(headers: ResponseHeaders, endOfStream: bool): Action {
    headers.set('x-late', 'seen ' + headers.status.toString())
    if (this.path == '/headers') return this.reply(418, 'changed my mind')
    headers.remove('content-length')
    if (this.path == '/status') headers.status = 202
    return Action.Continue
  }

  onResponseBody(body: Body, endOfStream: bool): Action {
    if (this.path == '/hold') {
      if (!endOfStream) return Action.Pause
      body.prepend('all of it: ')
    }
    return Action.Continue
  }
}
