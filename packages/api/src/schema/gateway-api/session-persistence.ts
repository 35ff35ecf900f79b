import { choice, field, message, text } from '../node.ts'
import { gatewayDuration } from './names.ts'

/** How a client shows to which session it belongs. */
export const SessionPersistenceType = choice(
  'SessionPersistenceType',
  'How a client shows to which session it belongs.',
  { Cookie: 'By a cookie.', Header: 'By a header.' },
)

/** How long a cookie of a session lives. */
export const CookieLifetimeType = choice('CookieLifetimeType', 'How long a cookie of a session lives.', {
  Permanent: 'Until `absoluteTimeout`, also after the browser was closed.',
  Session: 'Until the browser is closed.',
})

/** The cookie of a session. */
export const CookieConfig = message('CookieConfig', 'The cookie of a session.', {
  lifetimeType: field(CookieLifetimeType, 'How long the cookie lives.', { default: 'Session' }),
})

/** Sessions of a rule. */
export const SessionPersistence = message(
  'SessionPersistence',
  'Keeps the requests of a session at one host of the backend.',
  {
    sessionName: text('Name of the cookie or header.', { maxLength: 128 }),
    absoluteTimeout: gatewayDuration('Time after which a session ends.', { example: '24h' }),
    idleTimeout: gatewayDuration('Time without requests after which a session ends.', { example: '10m' }),
    type: field(SessionPersistenceType, 'How a client shows its session.', { default: 'Cookie' }),
    cookieConfig: field(CookieConfig, 'The cookie, with `type: Cookie`.'),
  },
  {
    rules: [
      {
        rule: "!has(self.cookieConfig) || self.cookieConfig.lifetimeType != 'Permanent' || has(self.absoluteTimeout)",
        message: 'AbsoluteTimeout must be specified when cookie lifetimeType is Permanent',
      },
      {
        rule: "!has(self.cookieConfig) || self.type == 'Cookie'",
        message: 'cookieConfig can only be set with type Cookie',
      },
    ],
    stage: 'experimental',
    example: 'sessionName: shop\nabsoluteTimeout: 1h',
  },
)

/** Fields of rules that keep sessions. */
export const sessionFields = {
  sessionPersistence: field(SessionPersistence, 'Sessions that stay at one host of a backend.', {
    stage: 'experimental',
  }),
}
