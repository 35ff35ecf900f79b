import {
  Action,
  Counter,
  HeaderList,
  HttpFilter,
  log,
  RequestHeaders,
  ResponseHeaders,
} from '@batten/wasm-sdk/assembly'

const denied = new Counter('auth_denied')
const allowed = new Counter('auth_allowed')

@config
class Key {
  value!: string
  user: string = 'anonymous'
}

@config
class AuthConfig {
  header: string = 'x-api-key'
  keys!: Key[]
}

/** Lets requests pass that have a known key, and tells the upstream whose it is. */
export class Auth extends HttpFilter<AuthConfig> {
  private user: string = ''

  onRequestHeaders(headers: RequestHeaders, endOfStream: bool): Action {
    headers.remove('x-user')
    const given = headers.get(this.config.header)
    if (given == null) return this.deny(401, 'missing ' + this.config.header)
    const keys = this.config.keys
    for (let i = 0; i < keys.length; i++) {
      if (keys[i].value == given) {
        this.user = keys[i].user
        headers.set('x-user', this.user)
        allowed.increment()
        return Action.Continue
      }
    }
    log.warn('unknown key for ' + headers.path)
    return this.deny(403, 'unknown key')
  }

  onResponseHeaders(headers: ResponseHeaders, endOfStream: bool): Action {
    headers.add('x-auth', this.user.length > 0 ? this.user : 'none')
    return Action.Continue
  }

  private deny(status: u32, reason: string): Action {
    denied.increment()
    return this.reply(
      status,
      reason,
      new HeaderList().add('www-authenticate', 'Key').add('x-reason', reason),
      'auth denied',
    )
  }
}
