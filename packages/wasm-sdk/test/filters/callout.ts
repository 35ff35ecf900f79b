import { Action, CalloutRequest, HttpFilter, RequestHeaders } from '@batten/wasm-sdk/assembly'

@config
class CalloutConfig {
  cluster!: string
  timeoutMs: u32 = 500
}

/** Asks another service whether a request may pass. */
export class Callout extends HttpFilter<CalloutConfig> {
  private asked: string = ''

  onRequestHeaders(headers: RequestHeaders, endOfStream: bool): Action {
    this.asked = headers.path
    const request = CalloutRequest.post(this.config.cluster, '/check', 'path=' + headers.path)
    request.timeoutMs = this.config.timeoutMs
    request.header('x-original-method', headers.method)
    return this.fetch<Callout>(request, (self, response) => {
      if (response.failed) return self.reply(503, 'no answer about ' + self.asked)
      if (response.status != 200) return self.reply(403, 'denied: ' + response.text())
      const who = response.headers.get('x-who')
      if (who != null) self.requestHeaders.set('x-who', who)
      return Action.Continue
    })
  }
}
