import { type CelRule, choice, field, flag, int32, integer, list, message, text, texts } from '../node.ts'
import { HEADER_NAME, HEADER_VALUE, PRECISE_HOST_NAME, portNumber } from './names.ts'
import { BackendObjectReference, Fraction } from './references.ts'

/** A header. */
export const HTTPHeader = message(
  'HTTPHeader',
  'A header with its value.',
  {
    name: text('Name of the header, in any case.', HEADER_NAME),
    value: text('Value of the header.', HEADER_VALUE),
  },
  { required: ['name', 'value'] },
)

/** Changes of headers. */
export const HTTPHeaderFilter = message(
  'HTTPHeaderFilter',
  'Headers that are set, added and removed.',
  {
    set: list(HTTPHeader, 'Headers that replace those of their name.', { listKeys: ['name'], maxItems: 16 }),
    add: list(HTTPHeader, 'Headers that come beside those of their name.', {
      listKeys: ['name'],
      maxItems: 16,
    }),
    remove: texts('Names of headers that are removed.', { set: true, maxItems: 16 }),
  },
  { example: 'set:\n- { name: x-version, value: v2 }' },
)

/** How a path is changed. */
export const HTTPPathModifierType = choice('HTTPPathModifierType', 'How a path is changed.', {
  ReplaceFullPath: 'The whole path is replaced.',
  ReplacePrefixMatch: 'The part that the match named is replaced.',
})

/** A change of the path. */
export const HTTPPathModifier = message(
  'HTTPPathModifier',
  'A change of the path.',
  {
    type: field(HTTPPathModifierType, 'How the path is changed.'),
    replaceFullPath: text('The new path.', { maxLength: 1024 }),
    replacePrefixMatch: text('What stands in the place of the prefix that was matched.', { maxLength: 1024 }),
  },
  {
    required: ['type'],
    rules: ['ReplaceFullPath', 'ReplacePrefixMatch'].flatMap((type) => {
      const name = `r${type.slice(1)}`
      return [
        {
          rule: `self.type != '${type}' || has(self.${name})`,
          message: `${name} must be specified when type is set to '${type}'`,
        },
        {
          rule: `!has(self.${name}) || self.type == '${type}'`,
          message: `type must be '${type}' when ${name} is set`,
        },
      ]
    }),
    example: 'type: ReplacePrefixMatch\nreplacePrefixMatch: /',
  },
)

/** Scheme of a redirect. */
export const RedirectScheme = choice('RedirectScheme', 'Scheme of a redirect.', {
  http: 'Plain HTTP.',
  https: 'HTTP over TLS.',
})

/** A redirect. */
export const HTTPRequestRedirectFilter = message(
  'HTTPRequestRedirectFilter',
  'An answer that sends the client elsewhere.',
  {
    scheme: field(RedirectScheme, 'New scheme.'),
    hostname: text('New host.', PRECISE_HOST_NAME),
    path: field(HTTPPathModifier, 'Change of the path.'),
    port: portNumber('New port.', { defaults: 'that of the scheme, else that of the listener' }),
    statusCode: integer('Status of the answer.', { values: [301, 302, 303, 307, 308], default: 302 }),
  },
  { example: 'scheme: https\nstatusCode: 301' },
)

/** A rewrite. */
export const HTTPURLRewriteFilter = message(
  'HTTPURLRewriteFilter',
  'A change of host and path before a request is forwarded.',
  {
    hostname: text('New value of the Host header.', PRECISE_HOST_NAME),
    path: field(HTTPPathModifier, 'Change of the path.'),
  },
)

/** A mirror. */
export const HTTPRequestMirrorFilter = message(
  'HTTPRequestMirrorFilter',
  'A copy of requests for another backend, whose answers are dropped.',
  {
    backendRef: field(BackendObjectReference, 'Backend that gets the copies.'),
    percent: int32('Share of the requests that are copied, in percent.', {
      minimum: 0,
      maximum: 100,
      defaults: '100',
    }),
    fraction: field(Fraction, 'Share of the requests that are copied.'),
  },
  {
    required: ['backendRef'],
    rules: [
      {
        rule: '!(has(self.percent) && has(self.fraction))',
        message: 'Only one of percent or fraction may be specified in HTTPRequestMirrorFilter',
      },
    ],
  },
)

const NO_STAR = (name: string, others: string): CelRule => ({
  rule: "self.size() <= 1 || !('*' in self)",
  message: `${name} cannot contain '*' alongside other ${others}`,
})

/** Method of a CORS filter. */
export const CORSMethod = choice('CORSMethod', 'A method, or all of them.', {
  GET: 'GET',
  HEAD: 'HEAD',
  POST: 'POST',
  PUT: 'PUT',
  DELETE: 'DELETE',
  CONNECT: 'CONNECT',
  OPTIONS: 'OPTIONS',
  TRACE: 'TRACE',
  PATCH: 'PATCH',
  '*': 'Every method.',
})

/** Cross-origin requests. */
export const HTTPCORSFilter = message(
  'HTTPCORSFilter',
  'Which pages of other origins may use the answers.',
  {
    allowOrigins: texts('Origins that are allowed: `https://example.com`, `https://*.example.com` or `*`.', {
      set: true,
      maxItems: 64,
      item: {
        minLength: 1,
        maxLength: 253,
        pattern:
          '(^\\*$)|(^(http(s)?):\\/\\/(((\\*\\.)?([a-zA-Z0-9\\-]+\\.)*[a-zA-Z0-9-]+|\\*)(:([0-9]{1,5}))?)$)',
      },
      rules: [NO_STAR('AllowOrigins', 'origins')],
    }),
    allowCredentials: flag('Whether requests may carry credentials.', { defaults: 'false' }),
    allowMethods: list(CORSMethod, 'Methods that are allowed.', {
      set: true,
      maxItems: 9,
      rules: [NO_STAR('AllowMethods', 'methods')],
    }),
    allowHeaders: texts('Request headers that are allowed.', {
      set: true,
      maxItems: 64,
      item: HEADER_NAME,
      rules: [NO_STAR('AllowHeaders', 'methods')],
    }),
    exposeHeaders: texts('Response headers that scripts may read.', {
      set: true,
      maxItems: 64,
      item: HEADER_NAME,
    }),
    maxAge: integer('Time for which a browser keeps the answer, in seconds.', {
      format: 'int32',
      minimum: 1,
      default: 5,
    }),
  },
  { example: 'allowOrigins: ["https://example.com"]\nallowMethods: [GET, POST]' },
)

/** The rules that tie the type of a filter to its field. */
export function filterRules(types: Readonly<Record<string, string>>): CelRule[] {
  return Object.entries(types).flatMap(([type, name]) => [
    {
      rule: `!has(self.${name}) || self.type == '${type}'`,
      message: `filter.${name} must be nil if the filter.type is not ${type}`,
    },
    {
      rule: `has(self.${name}) || self.type != '${type}'`,
      message: `filter.${name} must be specified for ${type} filter.type`,
    },
  ])
}

/** The rules of a list of filters: each of `types` at most once. */
export function onceRules(types: readonly string[]): CelRule[] {
  return types.map((type) => ({
    rule: `self.filter(f, f.type == '${type}').size() <= 1`,
    message: `${type} filter cannot be repeated`,
  }))
}
