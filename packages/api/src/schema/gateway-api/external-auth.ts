import { choice, field, integer, message, text, texts } from '../node.ts'
import { PATH_CHARACTERS } from './names.ts'
import { BackendObjectReference } from './references.ts'

/** How an authorization server is asked. */
export const HTTPRouteExternalAuthProtocol = choice(
  'HTTPRouteExternalAuthProtocol',
  'How an authorization server is asked.',
  { HTTP: 'By an HTTP request; 200 allows.', GRPC: "By a call of Envoy's ext_authz service." },
)

function headerNames(description: string, defaults: string) {
  return texts(description, { set: true, maxItems: 64, defaults })
}

/** What a gRPC authorization server is told. */
export const GRPCAuthConfig = message('GRPCAuthConfig', 'What a gRPC authorization server is told.', {
  allowedHeaders: headerNames('Headers of the request that are sent on.', 'all'),
})

/** What an HTTP authorization server is told. */
export const HTTPAuthConfig = message('HTTPAuthConfig', 'What an HTTP authorization server is told.', {
  path: text('What stands before the path of the request.', {
    maxLength: 1024,
    pattern: PATH_CHARACTERS,
    defaults: 'nothing',
  }),
  allowedHeaders: headerNames(
    'Headers of the request that are sent on, beside Host, Content-Length and Authorization.',
    'none',
  ),
  allowedResponseHeaders: headerNames(
    'Headers of the answer that are copied into the request to the backend.',
    'all but Host',
  ),
})

/** The body of a request to an authorization server. */
export const ForwardBodyConfig = message(
  'ForwardBodyConfig',
  'How much of the body an authorization server gets.',
  { maxSize: integer('Largest body, in bytes; 0 sends none.', { defaults: '0' }) },
)

/** Authorization by a server. */
export const HTTPExternalAuthFilter = message(
  'HTTPExternalAuthFilter',
  'Asks a server whether a request may pass.',
  {
    protocol: field(HTTPRouteExternalAuthProtocol, 'How the server is asked.'),
    backendRef: field(BackendObjectReference, 'The authorization server.'),
    grpc: field(GRPCAuthConfig, 'What the server is told, with `protocol: GRPC`.'),
    http: field(HTTPAuthConfig, 'What the server is told, with `protocol: HTTP`.'),
    forwardBody: field(ForwardBodyConfig, 'How much of the body the server gets.', { defaults: 'nothing' }),
  },
  {
    required: ['protocol', 'backendRef'],
    rules: ['GRPC', 'HTTP'].flatMap((protocol) => {
      const name = protocol.toLowerCase()
      return [
        {
          rule: `self.protocol != '${protocol}' || has(self.${name})`,
          message: `${name} must be specified when protocol is set to '${protocol}'`,
        },
        {
          rule: `!has(self.${name}) || self.protocol == '${protocol}'`,
          message: `protocol must be '${protocol}' when ${name} is set`,
        },
      ]
    }),
    stage: 'experimental',
    example: 'protocol: HTTP\nbackendRef: { name: auth, port: 8080 }\nhttp: { path: /check }',
  },
)
