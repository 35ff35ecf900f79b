import { defineKind } from '../kind.ts'
import { PolicySelector } from '../meta/selector.ts'
import { IstioStatus } from '../meta/status.ts'
import { PolicyTargetReference } from '../meta/target-reference.ts'
import { choice, duration, type FieldOptions, field, flag, list, message, text, texts } from '../node.ts'

const NOT_EMPTY = { item: { minLength: 1 } }

const KEY_ADDRESS: FieldOptions = {
  minLength: 1,
  maxLength: 2048,
  rules: [
    {
      rule: 'url(self).getScheme() in ["http", "https"]',
      message: 'url must have scheme http:// or https://',
    },
  ],
}

/** Whether a token must be there. */
export const JWTPresence = choice('JWTPresence', 'Whether requests must carry a token.', {
  OPTIONAL: 'Requests without a token pass.',
  REQUIRED: 'Requests without a token are refused.',
})

/** A header with a token. */
export const JWTHeader = message(
  'JWTHeader',
  'A header that carries a token.',
  {
    name: text('Name of the header.', { minLength: 1 }),
    prefix: text('What comes before the token in the value, with its blank.', { example: 'Bearer ' }),
  },
  { required: ['name'] },
)

/** A claim that becomes a header. */
export const ClaimToHeader = message(
  'ClaimToHeader',
  'Copies a claim of a valid token into a header of the request.',
  {
    header: text('Name of the header. A header that the caller sent is overwritten.', {
      minLength: 1,
      pattern: '^[-_A-Za-z0-9]+$',
    }),
    claim: text('Name of the claim; dots lead into nested claims. Text, numbers and booleans only.', {
      minLength: 1,
    }),
  },
  { required: ['header', 'claim'] },
)

/** How tokens are checked. */
export const JWTRule = message(
  'JWTRule',
  'How tokens of one issuer are found and checked.',
  {
    issuer: text('Issuer of the tokens, the claim `iss`.', {
      minLength: 1,
      example: 'https://accounts.example.com',
    }),
    audiences: texts('Audiences of which a token must have one.', { ...NOT_EMPTY, defaults: 'any' }),
    jwksUri: text('Address of the keys.', {
      ...KEY_ADDRESS,
      defaults: 'by OpenID discovery from the issuer',
    }),
    jwks_uri: text('Address of the keys.', { ...KEY_ADDRESS, deprecated: 'use `jwksUri`' }),
    jwks: text('The keys themselves, as JSON.'),
    fromHeaders: list(JWTHeader, 'Headers that carry tokens.', { defaults: '`Authorization: Bearer`' }),
    fromParams: texts('Query parameters that carry tokens.', { ...NOT_EMPTY, defaults: '`access_token`' }),
    outputPayloadToHeader: text('Header that gets the payload of a valid token, as base64url.'),
    fromCookies: texts('Cookies that carry tokens.', NOT_EMPTY),
    forwardOriginalToken: flag('Whether the token goes on to the workload.', { defaults: 'false' }),
    outputClaimToHeaders: list(ClaimToHeader, 'Claims that become headers.'),
    timeout: duration('Time limit for fetching keys.', { defaults: '5s' }),
    spaceDelimitedClaims: texts(
      'Claims whose text is a list with blanks between, beside `scope` and `permission`.',
      {
        maxItems: 64,
        ...NOT_EMPTY,
        since: '1.28',
      },
    ),
    presence: field(JWTPresence, 'Whether a token must be there.', { defaults: 'OPTIONAL', since: '1.31' }),
  },
  {
    rules: [
      {
        rule: '(has(self.jwksUri) ? 1 : 0) + (has(self.jwks_uri) ? 1 : 0) + (has(self.jwks) ? 1 : 0) <= 1',
        message: 'only one of jwks or jwksUri can be set',
      },
    ],
    example: 'issuer: https://accounts.example.com\njwksUri: https://accounts.example.com/keys',
  },
)

/** What a RequestAuthentication says. */
export const RequestAuthenticationSpec = message(
  'RequestAuthenticationSpec',
  'Which tokens workloads take.',
  {
    selector: field(PolicySelector, 'Workloads it is for.', {
      defaults: 'all of the namespace; in the root namespace, all of the mesh',
    }),
    targetRef: field(PolicyTargetReference, 'What it is attached to.', { deprecated: 'use `targetRefs`' }),
    targetRefs: list(PolicyTargetReference, 'What it is attached to. Not together with `selector`.', {
      maxItems: 16,
    }),
    jwtRules: list(
      JWTRule,
      'Issuers whose tokens are taken. A token that is not valid is refused, a missing one passes.',
      {
        maxItems: 4096,
      },
    ),
  },
  {
    anchor: 'RequestAuthentication',
    rules: [
      {
        rule: '(has(self.selector) ? 1 : 0) + (has(self.targetRef) ? 1 : 0) + (has(self.targetRefs) ? 1 : 0) <= 1',
        message: 'only one of targetRefs or selector can be set',
      },
    ],
  },
)

/** The kind. */
export const RequestAuthentication = defineKind({
  kind: 'RequestAuthentication',
  group: 'security.istio.io',
  versions: ['v1', 'v1beta1'],
  plural: 'requestauthentications',
  shortNames: ['ra'],
  scope: 'Namespaced',
  origin: 'istio',
  description: 'Says which tokens (JWT) workloads take, and how they are checked.',
  docs: 'https://istio.io/latest/docs/reference/config/security/request_authentication/',
  parts: { spec: field(RequestAuthenticationSpec, 'Which tokens workloads take.'), status: IstioStatus },
  example: `apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: accounts }
spec:
  selector: { matchLabels: { app: httpbin } }
  jwtRules:
  - issuer: https://accounts.example.com
    jwksUri: https://accounts.example.com/keys`,
})
