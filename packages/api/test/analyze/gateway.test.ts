import { expect, it } from 'vitest'
import { findingsOf, linesOf } from '../analysis-table.ts'

// A certificate for CN=a, valid until 2126, its key, and the key of another. They protect nothing.
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBLjCB4aADAgECAhQ0FYpzugmXSlFMh+nX0hh10k3vTjAFBgMrZXAwDDEKMAgG
A1UEAwwBYTAgFw0yNjExMjExNDEwMDlaGA8yMTI2MTAyODE0MTAwOVowDDEKMAgG
A1UEAwwBYTAqMAUGAytlcAMhAAR/tL7RsKPDMsZriA8Gn23qiItiAamYzro/2g2V
sHhBo1MwUTAdBgNVHQ4EFgQU8MMcBJEnFojckrVUh7NkxcV8XS4wHwYDVR0jBBgw
FoAU8MMcBJEnFojckrVUh7NkxcV8XS4wDwYDVR0TAQH/BAUwAwEB/zAFBgMrZXAD
QQCHAEvgss8DR4hrKdldapThXaJSwfenI2LnmC7hHSDNmURajDtrolF5dP3KxoCE
eRta44QzLB6YWk/mroHAP2UL
-----END CERTIFICATE-----`
const KEY = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIHoKECY0DSt2FU5s6R6DRX+9GajOa2iwYvPV7/0c080S
-----END PRIVATE KEY-----`
const OTHER_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQguywwCdDrfBmZhYc4
PgAx9iOQ9BRbxfkXus8LOex9BBShRANCAARqakA1ThCklPuyNT3Op5aS012pqmTW
ttVMiOXWF7TFsBDc2TLdxjJEv3rf+xsM9lpVU4eFoL4EFGrnrEAwOfFl
-----END PRIVATE KEY-----`

findingsOf('gateway.IngressGatewayPortAnalyzer', [
  [
    'a gateway needs pods with the labels of its selector',
    `
Gateway a/edge: {spec: {selector: {istio: gone, app: edge}}}
`,
    ['IST0101 Gateway a/edge spec.selector.istio: Referenced selector not found: "app=edge,istio=gone"'],
  ],
  [
    'the default ingress gateway is there without being defined',
    `
Gateway a/edge: {spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 443}}, {port: {number: 8080}}, {port: {number: 9999}}]}}
`,
    [
      'IST0162 Gateway a/edge spec.servers[2].port.number: The gateway is listening on a target port (port 9999) that is not defined in the Service associated with its workload instances (Pod selector istio=ingressgateway). If you need to access the gateway port through the gateway Service, it will not be available.',
    ],
  ],
  [
    'ports are those that the Service of the pods leads to',
    `
Gateway a/edge: {spec: {selector: {app: edge}, servers: [{port: {number: 80}}, {port: {number: 8080}}, {port: {number: 8443}}, {port: {number: 9000}}, {port: {number: 53}}]}}
Pod b/edge-1: {metadata: {labels: {app: edge}}, spec: {containers: [{name: istio-proxy, ports: [{name: https, containerPort: 8443}]}]}}
Service b/edge: {spec: {selector: {app: edge}, ports: [{port: 80, targetPort: 8080}, {port: 443, targetPort: https}, {port: 53, protocol: UDP}]}}
Service c/edge: {spec: {selector: {app: edge}, ports: [{port: 9000}]}}
`,
    [
      'IST0162 Gateway a/edge spec.servers[4].port.number: The gateway is listening on a target port (port 53) that is not defined in the Service associated with its workload instances (Pod selector app=edge). If you need to access the gateway port through the gateway Service, it will not be available.',
      'IST0162 Gateway a/edge spec.servers[3].port.number: The gateway is listening on a target port (port 9000) that is not defined in the Service associated with its workload instances (Pod selector app=edge). If you need to access the gateway port through the gateway Service, it will not be available.',
    ],
  ],
  [
    'a Deployment stands for its pods',
    `
Gateway a/edge: {spec: {selector: {app: edge}, servers: [{port: {number: 80}}]}}
Deployment b/edge: {spec: {template: {metadata: {labels: {app: edge}}}}}
Service b/edge: {spec: {selector: {app: edge}, ports: [{port: 80}]}}
`,
    [],
  ],
])

findingsOf('gateway.CertificateAnalyzer', [
  [
    'gateways of the same pods with one certificate',
    `
Gateway a/one: {spec: {selector: {app: edge}, servers: [{tls: {credentialName: cert}}]}}
Gateway b/two: {spec: {selector: {app: edge}, servers: [{tls: {credentialName: cert}}]}}
`,
    [
      'IST0138 Gateway a/one spec.servers[0].tls.credentialName: Duplicate certificate in multiple gateways [a/one b/two] may cause 404s if clients re-use HTTP2 connections.',
      'IST0138 Gateway b/two spec.servers[0].tls.credentialName: Duplicate certificate in multiple gateways [b/two a/one] may cause 404s if clients re-use HTTP2 connections.',
    ],
  ],
  [
    'certificates in files count as well',
    `
Gateway a/one: {spec: {servers: [{tls: {serverCertificate: /etc/a.pem}}]}}
Gateway b/two: {spec: {selector: {app: edge}, servers: [{tls: {serverCertificate: /etc/a.pem}}]}}
`,
    [
      'IST0138 Gateway a/one spec.servers[0].tls.serverCertificate: Duplicate certificate in multiple gateways [a/one b/two] may cause 404s if clients re-use HTTP2 connections.',
    ],
  ],
  [
    'other certificates, and other pods',
    `
Gateway a/one: {spec: {selector: {app: edge}, servers: [{tls: {credentialName: cert}}]}}
Gateway a/two: {spec: {selector: {app: edge}, servers: [{tls: {credentialName: other}}]}}
Gateway a/three: {spec: {selector: {app: inner}, servers: [{tls: {credentialName: cert}}]}}
`,
    [],
  ],
])

findingsOf('gateway.SecretAnalyzer', [
  [
    'secrets must be in the namespace of the pods',
    `
Gateway a/edge: {spec: {selector: {app: edge}, servers: [{tls: {credentialName: gone}}, {tls: {credentialNames: [elsewhere]}}, {tls: {mode: PASSTHROUGH}}]}}
Pod gateways/edge-1: {metadata: {labels: {app: edge}}}
Secret a/elsewhere: {data: {}}
`,
    [
      'IST0101 Gateway a/edge spec.servers[1].tls.credentialNames[0]: Referenced credentialName not found: "elsewhere"',
      'IST0101 Gateway a/edge spec.servers[0].tls.credentialName: Referenced credentialName not found: "gone"',
    ],
  ],
  [
    'a secret needs a certificate and a key',
    `
Gateway a/edge: {spec: {selector: {app: edge}, servers: [{tls: {credentialName: empty}}, {tls: {credentialName: half}}, {tls: {credentialName: text}}]}}
Pod gateways/edge-1: {metadata: {labels: {app: edge}}}
Secret gateways/empty: {data: {}}
Secret gateways/half: {stringData: {tls.crt: x}}
Secret gateways/text: {stringData: {cert: x, key: y}}
`,
    [
      'IST0161 Gateway a/edge spec.servers[0].tls.credentialName: The credential referenced by the Gateway edge in namespace gateways is invalid, which can cause the traffic not to work as expected.',
      'IST0161 Gateway a/edge spec.servers[1].tls.credentialName: The credential referenced by the Gateway edge in namespace gateways is invalid, which can cause the traffic not to work as expected.',
      'IST0161 Gateway a/edge spec.servers[2].tls.credentialName: The credential referenced by the Gateway edge in namespace gateways is invalid, which can cause the traffic not to work as expected.',
    ],
  ],
  [
    'what is not in a secret is not looked for',
    `
Gateway a/edge: {spec: {selector: {app: edge}, servers: [{tls: {credentialName: "builtin://"}}, {tls: {mode: SIMPLE, serverCertificate: /etc/a.pem}}]}}
Pod gateways/edge-1: {metadata: {labels: {app: edge}}}
`,
    [],
  ],
])

findingsOf('gateway.ConflictingGatewayAnalyzer', [
  [
    'one port and host in two gateways of the same pods',
    `
Gateway a/one: {spec: {selector: {app: edge}, servers: [{port: {number: 80}, hosts: [example.com, example.org]}, {port: {number: 81}, hosts: [example.com]}]}}
Gateway b/two: {spec: {selector: {app: edge}, servers: [{port: {number: 80}, hosts: [example.com]}]}}
Pod gateways/edge-1: {metadata: {labels: {app: edge}}}
`,
    [
      'IST0145 Gateway a/one spec.servers[0].hosts[0]: Conflict with gateways b/two (workload selector app=edge, port 80, hosts example.com,example.org).',
      'IST0145 Gateway b/two spec.servers[0].hosts[0]: Conflict with gateways a/one (workload selector app=edge, port 80, hosts example.com).',
    ],
  ],
  [
    'selectors that ask for less share pods',
    `
Gateway a/one: {spec: {selector: {app: edge}, servers: [{port: {number: 80}, hosts: ["*.example.com", www.example.com]}]}}
Gateway b/two: {spec: {selector: {app: edge, tier: outer}, servers: [{port: {number: 80}, hosts: [www.example.com, api.example.com]}]}}
Gateway c/three: {spec: {selector: {app: edge, tier: gone}, servers: [{port: {number: 80}, hosts: [www.example.com]}]}}
Pod gateways/edge-1: {metadata: {labels: {app: edge, tier: outer}}}
`,
    [
      'IST0145 Gateway a/one spec.servers[0].hosts[1]: Conflict with gateways b/two (workload selector app=edge, port 80, hosts *.example.com,www.example.com).',
      'IST0145 Gateway b/two spec.servers[0].hosts[0]: Conflict with gateways a/one (workload selector app=edge,tier=outer, port 80, hosts www.example.com,api.example.com).',
    ],
  ],
  [
    'other ports, hosts, namespaces, addresses and pods do not conflict',
    `
Gateway a/one: {spec: {selector: {app: edge}, servers: [{port: {number: 80}, hosts: [example.com]}, {port: {number: 443}, hosts: [a/example.com]}, {port: {number: 90}, bind: 10.0.0.1, hosts: [example.com]}]}}
Gateway b/two: {spec: {selector: {app: edge}, servers: [{port: {number: 81}, hosts: [example.com]}, {port: {number: 80}, hosts: [example.org]}, {port: {number: 443}, hosts: [./example.com]}, {port: {number: 90}, bind: 10.0.0.2, hosts: [example.com]}]}}
Gateway b/three: {spec: {selector: {app: inner}, servers: [{port: {number: 80}, hosts: [example.com]}]}}
Pod gateways/edge-1: {metadata: {labels: {app: edge}}}
Pod gateways/inner-1: {metadata: {labels: {app: inner}}}
`,
    [],
  ],
  [
    'with the same selector no pods are needed, and a wildcard is a host of its own',
    `
Gateway a/one: {spec: {selector: {app: edge}, servers: [{port: {number: 80}, hosts: ["*.example.com"]}]}}
Gateway a/two: {spec: {selector: {app: edge}, servers: [{port: {number: 80}, hosts: [www.example.com]}, {port: {number: 80}, hosts: ["*.example.com"]}]}}
`,
    [
      'IST0145 Gateway a/one spec.servers[0].hosts[0]: Conflict with gateways a/two (workload selector app=edge, port 80, hosts *.example.com).',
      'IST0145 Gateway a/two spec.servers[1].hosts[0]: Conflict with gateways a/one (workload selector app=edge, port 80, hosts *.example.com).',
    ],
  ],
  [
    'a gateway without servers',
    `
Gateway a/one: {spec: {selector: {app: edge}}}
`,
    ['IST0101 Gateway a/one spec.selector.app: Referenced selector not found: "app=edge"'],
  ],
])

findingsOf('gateway.ClientCertificateAnalyzer', [
  [
    'servers that verify clients need CA certificates',
    `
Gateway a/edge: {spec: {selector: {app: edge}, servers: [{tls: {mode: MUTUAL, credentialName: bare}}, {tls: {mode: MUTUAL, credentialName: full}}, {tls: {mode: MUTUAL, credentialName: split}}, {tls: {mode: SIMPLE, credentialName: bare}}, {tls: {mode: MUTUAL, credentialName: bare, caCertCredentialName: ca}}]}}
Pod gateways/edge-1: {metadata: {labels: {app: edge}}}
Secret gateways/bare: {stringData: {tls.crt: x, tls.key: y}}
Secret gateways/full: {stringData: {tls.crt: x, tls.key: y, ca.crt: z}}
Secret gateways/split: {stringData: {tls.crt: x, tls.key: y}}
Secret gateways/split-cacert: {stringData: {cacert: z}}
`,
    [
      'BAT0301 Gateway a/edge spec.servers[0].tls.credentialName: TLS mode MUTUAL needs CA certificates, but neither the secret bare has ca.crt nor is there a secret with -cacert after its name.',
    ],
  ],
])

findingsOf('gateway.PrivateKeyAnalyzer', [
  [
    'what is no certificate is told elsewhere, and so is what is missing',
    `
Gateway a/edge: {spec: {selector: {app: edge}, servers: [{tls: {credentialName: text}}, {tls: {credentialNames: [gone, half]}}]}}
Pod gateways/edge-1: {metadata: {labels: {app: edge}}}
Secret gateways/text: {stringData: {tls.crt: x, tls.key: y}}
Secret gateways/half: {stringData: {tls.crt: x}}
`,
    [],
  ],
  [
    'a key belongs to its certificate',
    `
Gateway a/edge: {spec: {selector: {app: edge}, servers: [{tls: {credentialName: good}}, {tls: {credentialName: mixed}}, {tls: {credentialNames: [good, broken]}}]}}
Pod gateways/edge-1: {metadata: {labels: {app: edge}}}
Secret gateways/good: {stringData: ${pair(CERTIFICATE, KEY)}}
Secret gateways/mixed: {stringData: ${pair(CERTIFICATE, OTHER_KEY)}}
Secret gateways/broken: {stringData: ${pair(CERTIFICATE, CERTIFICATE)}}
`,
    [
      'BAT0302 Gateway a/edge spec.servers[2].tls.credentialNames[1]: The secret gateways/broken cannot be used by the gateway: the private key is not PEM.',
      'BAT0302 Gateway a/edge spec.servers[1].tls.credentialName: The secret gateways/mixed cannot be used by the gateway: the private key is not that of the certificate.',
    ],
  ],
])

it('gateways that share a certificate with many others tell of the first by themselves', () => {
  const gateways = Array.from(
    { length: 30 },
    (_, i) => `Gateway a/g${i}: {spec: {selector: {app: edge}, servers: [{tls: {credentialName: wild}}]}}`,
  )
  const lines = linesOf(gateways.join('\n'), { analyzers: ['gateway.CertificateAnalyzer'] })
  expect(lines).toHaveLength(30 * 21)
  expect(lines).toContain(
    'IST0138 Gateway a/g0 spec.servers[0].tls.credentialName: Duplicate certificate in multiple gateways [a/g0 a/g21 a/g22 a/g23 and more] may cause 404s if clients re-use HTTP2 connections.',
  )
})

/** The content of a TLS secret. */
function pair(certificate: string, key: string): string {
  return JSON.stringify({ 'tls.crt': certificate, 'tls.key': key })
}
