/** A rule, where it stands, a spec that keeps it, one that does not, and what is said beside the rule. */
export type Row = readonly [
  message: string,
  path: string,
  keeps: object,
  breaks: object,
  also?: readonly string[],
]

type Fields = Readonly<Record<string, unknown>>

const BACKEND = { name: 'a', port: 1 }

/** Rules that all routes have; `fields` are those that a spec of the kind needs. */
function routeRows(fields: Fields): Row[] {
  const parents = (...parentRefs: Fields[]) => ({ ...fields, parentRefs })
  const backends = (...backendRefs: Fields[]) => ({ ...fields, rules: [{ backendRefs }] })
  return [
    [
      'sectionName or port must be specified when parentRefs includes 2 or more references to the same parent',
      'spec.parentRefs',
      parents({ name: 'a' }, { name: 'a', namespace: 'b', sectionName: 'c' }),
      parents({ name: 'a' }, { name: 'a', sectionName: 'b' }),
    ],
    [
      'sectionName or port must be unique when parentRefs includes 2 or more references to the same parent',
      'spec.parentRefs',
      parents({ name: 'a', port: 1 }, { name: 'a', port: 2 }),
      parents({ name: 'a', sectionName: 'b', port: 1 }, { name: 'a', sectionName: 'b', port: 1 }),
    ],
    [
      'Must have port for Service reference',
      'spec.rules[0].backendRefs[0]',
      backends({ name: 'a', group: 'networking.istio.io', kind: 'Hostname' }),
      backends({ name: 'a' }),
    ],
  ]
}

/** Rules about the rules of a route. */
function ruleRows(): Row[] {
  const match = { headers: [{ name: 'a', value: 'b' }] }
  const matches = (...counts: number[]) => ({
    rules: counts.map((length) => ({ matches: Array.from({ length }, () => match) })),
  })
  return [
    [
      'Rule name must be unique within the route',
      'spec.rules',
      { rules: [{ name: 'a' }, { name: 'b' }, {}, {}] },
      { rules: [{ name: 'a' }, { name: 'a' }] },
    ],
    [
      'While 16 rules and 64 matches per rule are allowed, the total number of matches across all rules in a route must be less than 128',
      'spec.rules',
      matches(64, 64),
      matches(64, 64, 1),
    ],
  ]
}

const MODIFIER = { set: [{ name: 'a', value: 'b' }] }

/** Types of filters, with their field and a value for it. */
const FILTERS: readonly (readonly [type: string, name: string, value: Fields])[] = [
  ['RequestHeaderModifier', 'requestHeaderModifier', MODIFIER],
  ['ResponseHeaderModifier', 'responseHeaderModifier', MODIFIER],
  ['RequestMirror', 'requestMirror', { backendRef: BACKEND }],
  ['ExtensionRef', 'extensionRef', { group: 'example.com', kind: 'Filter', name: 'a' }],
  ['RequestRedirect', 'requestRedirect', { statusCode: 301 }],
  ['URLRewrite', 'urlRewrite', { hostname: 'a.b' }],
  ['CORS', 'cors', { allowOrigins: ['https://a.b'] }],
  ['ExternalAuth', 'externalAuth', { protocol: 'HTTP', backendRef: BACKEND, http: {} }],
]

const withFilters = (...filters: Fields[]) => ({ rules: [{ filters }] })

const FILTER = 'spec.rules[0].filters[0]'

/** Rules that tie the type of a filter to its field, and about filters that stand once. */
function filterRows(filters: typeof FILTERS, once: readonly string[]): Row[] {
  return filters.flatMap(([type, name, value], i): Row[] => {
    const [other, otherName, otherValue] = filters[(i + 1) % filters.length]!
    const whole = { type, [name]: value }
    const rows: Row[] = [
      [
        `filter.${name} must be nil if the filter.type is not ${type}`,
        FILTER,
        withFilters(whole),
        withFilters({ type: other, [otherName]: otherValue, [name]: value }),
      ],
      [
        `filter.${name} must be specified for ${type} filter.type`,
        FILTER,
        withFilters(whole),
        withFilters({ type }),
      ],
    ]
    if (!once.includes(type)) return rows
    return [
      ...rows,
      [
        `${type} filter cannot be repeated`,
        'spec.rules[0].filters',
        withFilters(whole, { type: 'RequestMirror', requestMirror: { backendRef: BACKEND } }),
        withFilters(whole, whole),
      ],
    ]
  })
}

function mirrorRows(): Row[] {
  const mirror = (fields: Fields) =>
    withFilters({ type: 'RequestMirror', requestMirror: { backendRef: BACKEND, ...fields } })
  return [
    [
      'Only one of percent or fraction may be specified in HTTPRequestMirrorFilter',
      `${FILTER}.requestMirror`,
      mirror({ percent: 5 }),
      mirror({ percent: 5, fraction: { numerator: 1 } }),
    ],
    [
      'numerator must be less than or equal to denominator',
      `${FILTER}.requestMirror.fraction`,
      mirror({ fraction: { numerator: 100 } }),
      mirror({ fraction: { numerator: 101 } }),
    ],
  ]
}

function sessionRows(): Row[] {
  const session = (sessionPersistence: Fields) => ({ rules: [{ sessionPersistence }] })
  const path = 'spec.rules[0].sessionPersistence'
  return [
    [
      'AbsoluteTimeout must be specified when cookie lifetimeType is Permanent',
      path,
      session({ cookieConfig: {} }),
      session({ cookieConfig: { lifetimeType: 'Permanent' } }),
    ],
    [
      'cookieConfig can only be set with type Cookie',
      path,
      session({ type: 'Header' }),
      session({ type: 'Header', cookieConfig: {} }),
    ],
  ]
}

const pathIs = (path: Fields) => ({ rules: [{ matches: [{ path }] }] })

const CHARACTERS =
  "must only contain valid characters (matching ^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$) for types ['Exact', 'PathPrefix']"

function pathRows(): Row[] {
  const at = 'spec.rules[0].matches[0].path'
  const rows: [message: string, value: string, also?: string][] = [
    ["value must be an absolute path and start with '/'", 'a'],
    ["must not contain '//'", '/a//b'],
    ["must not contain '/./'", '/a/./b'],
    ["must not contain '/../'", '/a/../b'],
    ["must not contain '%2f'", '/a%2fb'],
    ["must not contain '%2F'", '/a%2Fb'],
    ["must not contain '#'", '/a#b', `${at}: Invalid value: ${CHARACTERS}`],
    ["must not end with '/..'", '/a/..'],
    ["must not end with '/.'", '/a/.'],
  ]
  return [
    ...rows.map(
      ([message, value, also]): Row => [
        `${message} when type one of ['Exact', 'PathPrefix']`,
        at,
        pathIs({ type: 'RegularExpression', value }),
        pathIs({ value }),
        also === undefined ? [] : [also],
      ],
    ),
    [CHARACTERS, at, pathIs({ value: '/a%20b' }), pathIs({ type: 'Exact', value: '/a b' })],
  ]
}

function replacedPathRows(): Row[] {
  const at = `${FILTER}.urlRewrite.path`
  const path = (fields: Fields) => withFilters({ type: 'URLRewrite', urlRewrite: { path: fields } })
  return ['ReplaceFullPath', 'ReplacePrefixMatch'].flatMap((type, i): Row[] => {
    const name = `r${type.slice(1)}`
    const other = ['ReplacePrefixMatch', 'ReplaceFullPath'][i]!
    const good = path({ type, [name]: '/' })
    return [
      [`${name} must be specified when type is set to '${type}'`, at, good, path({ type })],
      [
        `type must be '${type}' when ${name} is set`,
        at,
        good,
        path({ type: other, [`r${other.slice(1)}`]: '/', [name]: '/' }),
      ],
    ]
  })
}

function prefixRows(): Row[] {
  const exact = [{ path: { type: 'Exact', value: '/a' } }]
  const prefix = [{ path: { value: '/a' } }]
  return [
    ['RequestRedirect', 'requestRedirect', 'when'],
    ['URLRewrite', 'urlRewrite', 'When'],
  ].flatMap(([type, name, word]): Row[] => {
    const filters = [{ type, [name!]: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/' } } }]
    const backendRefs = [{ ...BACKEND, filters }]
    const rule = `using ${type} filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified`
    return [
      [
        `When ${rule}`,
        'spec.rules[0]',
        { rules: [{ filters, matches: prefix }] },
        { rules: [{ filters, matches: [...prefix, ...prefix] }] },
      ],
      [
        `Within backendRefs, ${word} ${rule}`,
        'spec.rules[0]',
        { rules: [{ backendRefs, matches: prefix }] },
        { rules: [{ backendRefs, matches: exact }] },
      ],
    ]
  })
}

function corsRows(): Row[] {
  const cors = (fields: Fields) => withFilters({ type: 'CORS', cors: fields })
  const rows: [field: string, name: string, others: string, item: string][] = [
    ['allowOrigins', 'AllowOrigins', 'origins', 'http://a'],
    ['allowMethods', 'AllowMethods', 'methods', 'GET'],
    ['allowHeaders', 'AllowHeaders', 'methods', 'a'],
  ]
  return rows.map(([field, name, others, item]) => [
    `${name} cannot contain '*' alongside other ${others}`,
    `${FILTER}.cors.${field}`,
    cors({ [field]: ['*'] }),
    cors({ [field]: ['*', item] }),
  ])
}

function externalAuthRows(): Row[] {
  const at = `${FILTER}.externalAuth`
  const auth = (fields: Fields) =>
    withFilters({ type: 'ExternalAuth', externalAuth: { backendRef: BACKEND, ...fields } })
  return ['GRPC', 'HTTP'].flatMap((protocol, i): Row[] => {
    const name = protocol.toLowerCase()
    const other = ['HTTP', 'GRPC'][i]!
    const good = auth({ protocol, [name]: {} })
    return [
      [`${name} must be specified when protocol is set to '${protocol}'`, at, good, auth({ protocol })],
      [
        `protocol must be '${protocol}' when ${name} is set`,
        at,
        good,
        auth({ protocol: other, [other.toLowerCase()]: {}, [name]: {} }),
      ],
    ]
  })
}

const [, , , , redirect, rewrite] = FILTERS.map(([type, name, value]) => ({ type, [name]: value }))

export const HTTP_ROWS: readonly Row[] = [
  ...routeRows({}),
  ...ruleRows(),
  ...pathRows(),
  ...filterRows(FILTERS, [
    'CORS',
    'RequestHeaderModifier',
    'ResponseHeaderModifier',
    'RequestRedirect',
    'URLRewrite',
  ]),
  ...mirrorRows(),
  ...sessionRows(),
  ...replacedPathRows(),
  ...prefixRows(),
  ...corsRows(),
  ...externalAuthRows(),
  [
    'May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both',
    'spec.rules[0].filters',
    withFilters(redirect!),
    withFilters(redirect!, rewrite!),
  ],
  [
    'RequestRedirect filter must not be used together with backendRefs',
    'spec.rules[0]',
    { rules: [{ filters: [redirect], backendRefs: [] }] },
    { rules: [{ filters: [redirect], backendRefs: [BACKEND] }] },
  ],
  [
    'backendRequest timeout cannot be longer than request timeout',
    'spec.rules[0].timeouts',
    { rules: [{ timeouts: { request: '0s', backendRequest: '1s' } }] },
    { rules: [{ timeouts: { request: '1s', backendRequest: '1s1ms' } }] },
  ],
]

const methodIs = (method: Fields) => ({ rules: [{ matches: [{ method }] }] })

const METHOD = 'spec.rules[0].matches[0].method'

export const GRPC_ROWS: readonly Row[] = [
  ...routeRows({}),
  ...ruleRows(),
  ...filterRows(FILTERS.slice(0, 4), ['RequestHeaderModifier', 'ResponseHeaderModifier']),
  ...mirrorRows(),
  ...sessionRows(),
  [
    "One or both of 'service' or 'method' must be specified",
    METHOD,
    methodIs({ method: 'Say' }),
    methodIs({ type: 'RegularExpression' }),
  ],
  [
    'service must only contain valid characters (matching ^(?i)\\.?[a-z_][a-z_0-9]*(\\.[a-z_][a-z_0-9]*)*$)',
    METHOD,
    methodIs({ service: 'A.b_1' }),
    methodIs({ service: 'a-b' }),
  ],
  [
    'method must only contain valid characters (matching ^[A-Za-z_][A-Za-z_0-9]*$)',
    METHOD,
    methodIs({ type: 'RegularExpression', method: 'a.*' }),
    methodIs({ method: 'a.b' }),
  ],
]

const rules = [{ backendRefs: [BACKEND] }]

export const TCP_ROWS: readonly Row[] = routeRows({ rules })

const ITEM = (i: number, value: string) =>
  `spec.hostnames[${i}]: Invalid value: "${value}": spec.hostnames[${i}] in body should match '^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'`

export const TLS_ROWS: readonly Row[] = [
  ...routeRows({ hostnames: ['a.b'], rules }),
  [
    'Hostnames cannot contain an IP',
    'spec.hostnames',
    { hostnames: ['10.0.0.256'], rules },
    { hostnames: ['a.b', '10.0.0.1'], rules },
  ],
]

/** Rules that only repeat what the pattern of the items says, so that it alone is reported. */
export const TLS_REPEATED: readonly Row[] = [
  [
    'Hostnames must be valid based on RFC-1123',
    'spec.hostnames',
    { hostnames: ['a-b.c'], rules },
    { hostnames: ['a_b'], rules },
    [ITEM(0, 'a_b')],
  ],
  [
    'Wildcards on hostnames must be the first label, and the rest of hostname must be valid based on RFC-1123',
    'spec.hostnames',
    { hostnames: ['*.a.b'], rules },
    { hostnames: ['a.*.b'], rules },
    [ITEM(0, 'a.*.b')],
  ],
]
