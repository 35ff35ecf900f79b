import type { Row } from './gateway-api-route-rows.ts'

type Fields = Readonly<Record<string, unknown>>

const LISTENER = { name: 'a', port: 80, protocol: 'HTTP' }

const gatewayWith = (fields: Fields) => ({
  gatewayClassName: 'istio',
  listeners: [LISTENER],
  ...fields,
})

const listeners = (...all: Fields[]) =>
  gatewayWith({ listeners: all.map((one, i) => ({ ...LISTENER, name: `l${i}`, ...one })) })

const certificateRefs = [{ name: 'a' }]

function listenerRows(): Row[] {
  return [
    [
      "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']",
      'spec.listeners',
      listeners({ protocol: 'example.com/http', tls: { certificateRefs } }),
      listeners({ protocol: 'udp', tls: { certificateRefs } }),
    ],
    [
      'tls mode must be Terminate for protocol HTTPS',
      'spec.listeners',
      listeners({ protocol: 'HTTPS', tls: { certificateRefs } }),
      listeners({ protocol: 'https', tls: { mode: 'Passthrough' } }),
    ],
    [
      'tls mode must be set for protocol TLS',
      'spec.listeners',
      listeners({ protocol: 'TLS', tls: { mode: 'Passthrough' } }),
      listeners({ protocol: 'TLS' }),
    ],
    [
      "hostname must not be specified for protocols ['TCP', 'UDP']",
      'spec.listeners',
      listeners({ protocol: 'HTTP', hostname: 'a.b' }),
      listeners({ protocol: 'TCP', hostname: 'a.b' }),
    ],
    [
      'Combination of port, protocol and hostname must be unique for each listener',
      'spec.listeners',
      listeners({}, { hostname: 'a.b' }, { hostname: '*.b' }, { port: 81 }, { protocol: 'TCP' }),
      listeners({ hostname: 'a.b' }, { hostname: 'a.b' }),
    ],
    [
      'certificateRefs or options must be specified when mode is Terminate',
      'spec.listeners[0].tls',
      listeners({ protocol: 'HTTPS', tls: { options: { 'example.com/certificate': 'a' } } }),
      listeners({ protocol: 'HTTPS', tls: { certificateRefs: [] } }),
    ],
  ]
}

function addressRows(): Row[] {
  const addresses = (...all: Fields[]) => gatewayWith({ addresses: all })
  const host = '^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'
  return [
    [
      'IPAddress value must be a valid IP address',
      'spec.addresses[0]',
      addresses({ value: '::1' }, { value: '10.0.0.1' }, {}),
      addresses({ value: 'a.b' }),
    ],
    [
      `Hostname value must be empty or contain only valid characters (matching ${host})`,
      'spec.addresses[0]',
      addresses({ type: 'Hostname', value: '*.a.b' }, { type: 'Hostname' }),
      addresses({ type: 'Hostname', value: 'A' }),
    ],
    [
      'IPAddress values must be unique',
      'spec.addresses',
      addresses({ value: '10.0.0.1' }, { value: '10.0.0.2' }, {}, {}),
      addresses({ value: '10.0.0.1' }, { type: 'IPAddress', value: '10.0.0.1' }),
    ],
    [
      'Hostname values must be unique',
      'spec.addresses',
      addresses(
        { type: 'Hostname', value: 'a.b' },
        { type: 'example.com/name', value: 'a' },
        { type: 'example.com/name', value: 'a' },
      ),
      addresses({ type: 'Hostname', value: 'a.b' }, { type: 'Hostname', value: 'a.b' }),
    ],
  ]
}

function infrastructureRows(): Row[] {
  return ['Label', 'Annotation'].flatMap((word): Row[] => {
    const name = `${word.toLowerCase()}s`
    const keys = (...all: string[]) =>
      gatewayWith({ infrastructure: { [name]: Object.fromEntries(all.map((key) => [key, 'v'])) } })
    const prefix = (length: number) => `${'a'.repeat(length)}/b`
    return [
      [
        `${word} keys must be in the form of an optional DNS subdomain prefix followed by a required name segment of up to 63 characters.`,
        `spec.infrastructure.${name}`,
        keys('a', 'a.b/c', `a/${'b'.repeat(63)}`),
        keys('a', `a/${'b'.repeat(64)}`),
      ],
      [
        `If specified, the ${word.toLowerCase()} key's prefix must be a DNS subdomain not longer than 253 characters in total.`,
        `spec.infrastructure.${name}`,
        keys(prefix(252)),
        keys(prefix(253)),
      ],
    ]
  })
}

const ports = (...all: number[]) =>
  gatewayWith({ tls: { frontend: { default: {}, perPort: all.map((port) => ({ port, tls: {} })) } } })

export const GATEWAY_ROWS: readonly Row[] = [...listenerRows(), ...addressRows(), ...infrastructureRows()]

/** Rules that only repeat what the keys of a list say, so that these alone are reported. */
export const GATEWAY_REPEATED: readonly Row[] = [
  [
    'Listener name must be unique within the Gateway',
    'spec.listeners',
    listeners({ port: 80 }, { port: 81 }),
    listeners({ name: 'b', port: 80 }, { name: 'b', port: 81 }),
    ['spec.listeners[1]: Duplicate value: {"name":"b"}'],
  ],
  [
    'Port for TLS configuration must be unique within the Gateway',
    'spec.tls.frontend.perPort',
    ports(1, 2),
    ports(1, 1),
    ['spec.tls.frontend.perPort[1]: Duplicate value: {"port":1}'],
  ],
]

const TARGET = { group: '', kind: 'Service', name: 'a' }

const policy = (validation: Fields, ...targetRefs: Fields[]) => ({
  targetRefs: targetRefs.length === 0 ? [TARGET] : targetRefs,
  validation: { hostname: 'a.b', ...validation },
})

const SYSTEM = { wellKnownCACertificates: 'System' }

const REFS = { caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: 'a' }] }

function nameRows(): Row[] {
  const at = 'spec.validation.subjectAltNames[0]'
  const names = (name: Fields) => policy({ ...SYSTEM, subjectAltNames: [name] })
  const VALUES: Fields = { Hostname: '*.a.b', URI: 'spiffe://a/b' }
  return ['Hostname', 'URI'].flatMap((type, i): Row[] => {
    const field = type.toLowerCase()
    const other = ['URI', 'Hostname'][i]!
    const good = names({ type, [field]: VALUES[type] })
    return [
      [`SubjectAltName element must contain ${type}, if Type is set to ${type}`, at, good, names({ type })],
      [
        `SubjectAltName element must not contain ${type}, if Type is not set to ${type}`,
        at,
        good,
        names({ type: other, [other.toLowerCase()]: VALUES[other], [field]: VALUES[type] }),
      ],
    ]
  })
}

export const POLICY_ROWS: readonly Row[] = [
  [
    'sectionName must be specified when targetRefs includes 2 or more references to the same target',
    'spec.targetRefs',
    policy(SYSTEM, TARGET, { ...TARGET, name: 'b', sectionName: 'c' }),
    policy(SYSTEM, TARGET, { ...TARGET, sectionName: 'c' }),
  ],
  [
    'sectionName must be unique when targetRefs includes 2 or more references to the same target',
    'spec.targetRefs',
    policy(SYSTEM, { ...TARGET, sectionName: 'b' }, { ...TARGET, sectionName: 'c' }),
    policy(SYSTEM, { ...TARGET, sectionName: 'c' }, { ...TARGET, sectionName: 'c' }),
  ],
  [
    'must not contain both CACertificateRefs and WellKnownCACertificates',
    'spec.validation',
    policy({ ...SYSTEM, caCertificateRefs: [] }),
    policy({ ...SYSTEM, ...REFS }),
  ],
  [
    'must specify either CACertificateRefs or WellKnownCACertificates',
    'spec.validation',
    policy(REFS),
    policy({ caCertificateRefs: [] }),
  ],
  ...nameRows(),
]
