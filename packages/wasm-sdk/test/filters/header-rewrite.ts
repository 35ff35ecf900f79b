import { Action, Counter, HttpFilter, RequestHeaders, ResponseHeaders } from '@batten/wasm-sdk/assembly'

const seen = new Counter('header_rewrite_requests')

@config
class RewriteConfig {
  add: Map<string, string> = new Map<string, string>()
  remove: string[] = []
}

export class HeaderRewrite extends HttpFilter<RewriteConfig> {
  onRequestHeaders(headers: RequestHeaders, endOfStream: bool): Action {
    seen.increment()
    headers.set('x-seen-path', headers.path)
    return Action.Continue
  }

  onResponseHeaders(headers: ResponseHeaders, endOfStream: bool): Action {
    const names = this.config.add.keys()
    for (let i = 0; i < names.length; i++) headers.set(names[i], this.config.add.get(names[i]))
    for (let i = 0; i < this.config.remove.length; i++) headers.remove(this.config.remove[i])
    return Action.Continue
  }
}
