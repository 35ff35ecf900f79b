import { Action, Counter, HttpFilter, type ResponseHeaders } from '@batten/wasm-sdk/assembly'

/** Shown by the proxy's /stats/prometheus. */
const responses = new Counter('served_by_responses')

@config
class ServedByConfig {
  /** Name of the response header. */
  header: string = 'x-served-by'
  value: string = 'batten'
}

/** Says in a response header who served, and counts. */
export class ServedBy extends HttpFilter<ServedByConfig> {
  onResponseHeaders(headers: ResponseHeaders, endOfStream: bool): Action {
    headers.set(this.config.header, this.config.value)
    responses.increment()
    return Action.Continue
  }
}
