import { rulesOf } from '../rules-table.ts'

rulesOf('Gateway', [
  ['no servers', '{}', ['error spec.servers: gateway must have at least one server']],
  [
    'ports and hosts',
    '{servers: [{port: {number: 0, protocol: FOO, name: "", targetPort: 1}, hosts: []}, {port: {number: 80, protocol: HTTP, name: a}, hosts: [short, "*a.com", "ns/*.x.com", "/x.com", "a.b/x.com", 10.0.0.1, "~/x.com"]}, {port: {number: 80, protocol: HTTP, name: a}, hosts: ["*"], bind: 10.0.0}]}',
    [
      'error spec.servers[0].hosts: server config must contain at least one host',
      'error spec.servers[0].port.protocol: invalid protocol "FOO", supported protocols are HTTP, HTTPS, HTTP2, HTTP3, GRPC, GRPC-WEB, MONGO, REDIS, MYSQL, TCP, TLS',
      'error spec.servers[0].port.number: port number 0 must be in the range 1..65535',
      'error spec.servers[0].port.targetPort: targetPort has no impact on Gateways',
      'error spec.servers[0].port.name: port name must be set',
      'error spec.servers[1].hosts[0]: short names (non FQDN) are not allowed',
      'error spec.servers[1].hosts[1]: partial wildcard "*a.com" not allowed',
      'error spec.servers[1].hosts[3]: config namespace and dnsName in host entry cannot be empty',
      'error spec.servers[1].hosts[3]: invalid namespace value "" in gateway',
      'error spec.servers[1].hosts[4]: invalid namespace value "a.b" in gateway',
      'error spec.servers[1].hosts[6]: invalid namespace value "~" in gateway',
      'error spec.servers[2].bind: 10.0.0 is not a valid IP',
      'error spec.servers[2].port.name: port names in servers must be unique: duplicate name a',
    ],
  ],
  [
    'tls',
    '{servers: [{port: {number: 1, protocol: HTTPS, name: a}, hosts: ["*"]}, {port: {number: 2, protocol: HTTP, name: b}, hosts: ["*"], tls: {mode: SIMPLE, credentialName: x}}, {port: {number: 3, protocol: TCP, name: c}, hosts: ["*"], tls: {}}, {port: {number: 4, protocol: HTTP, name: d}, hosts: ["*"], tls: {httpsRedirect: true}}, {port: {number: 5, protocol: HTTPS, name: e}, hosts: ["*"], tls: {mode: SIMPLE}}, {port: {number: 6, protocol: HTTPS, name: f}, hosts: ["*"], tls: {mode: MUTUAL}}, {port: {number: 7, protocol: TLS, name: g}, hosts: ["*"], tls: {mode: ISTIO_MUTUAL, credentialName: x, caCertificates: yy}}, {port: {number: 8, protocol: TLS, name: h}, hosts: ["*"], tls: {mode: PASSTHROUGH, credentialName: x, httpsRedirect: true}}, {port: {number: 9, protocol: HTTPS, name: i}, hosts: ["*"], tls: {mode: SIMPLE, serverCertificate: a, privateKey: b, caCrl: c, minProtocolVersion: TLSV1_0}}, {port: {number: 10, protocol: HTTPS, name: j}, hosts: ["*"], tls: {mode: SIMPLE, credentialName: c, cipherSuites: [FOO, AES128-SHA, AES128-SHA, ALL]}}]}',
    [
      'error spec.servers[0].tls: server must have TLS settings for HTTPS/TLS protocols',
      'error spec.servers[1].tls: server cannot have TLS settings for plain text HTTP ports',
      'error spec.servers[2].tls: server cannot have TLS settings for non HTTPS/TLS ports',
      'error spec.servers[4].tls.serverCertificate: SIMPLE TLS requires a server certificate',
      'error spec.servers[4].tls.privateKey: SIMPLE TLS requires a private key',
      'error spec.servers[5].tls.caCertificates: MUTUAL TLS requires a client CA bundle',
      'error spec.servers[5].tls.serverCertificate: MUTUAL TLS requires a server certificate',
      'error spec.servers[5].tls.privateKey: MUTUAL TLS requires a private key',
      'error spec.servers[6].tls.caCertificates: ISTIO_MUTUAL TLS cannot have associated CA bundle',
      'error spec.servers[6].tls.credentialName: ISTIO_MUTUAL TLS cannot have associated credentialName',
      'warning spec.servers[7].tls: PASSTHROUGH mode does not use certificates, they will be ignored',
      'warning spec.servers[7].tls.httpsRedirect: tls.httpsRedirect should only be used with http servers',
      'warning spec.servers[8].tls.minProtocolVersion: TLS version below TLSV1_2 require setting compatible ciphers as by default they no longer include compatible ciphers.',
      'error spec.servers[8].tls.caCrl: CRL is not supported with SIMPLE TLS',
      'warning spec.servers[9].tls.cipherSuites: ignoring invalid cipher suites: [FOO]',
      'warning spec.servers[9].tls.cipherSuites: ignoring duplicate cipher suites: [AES128-SHA]',
    ],
  ],
  [
    'sockets',
    '{servers: [{port: {number: 1, protocol: HTTP, name: a}, hosts: ["*"], bind: "unix://a"}, {port: {number: 0, protocol: HTTP, name: b}, hosts: ["*"], bind: "unix:///a"}]}',
    [
      'error spec.servers[0].bind: a is not an absolute path to a file',
      'error spec.servers[0].bind: port number must be 0 for unix domain socket',
    ],
  ],
])

rulesOf('ServiceEntry', [
  [
    'hosts and addresses',
    '{hosts: [a_b, "*a.com", "*.b.com"], addresses: [10.0.0.0/33, x, 10.0.0.1], ports: [{number: 80, name: http, protocol: HTTP}]}',
    [
      'error spec.hosts[0]: domain name "a_b" invalid (label "a_b" invalid)',
      'warning spec.hosts[1]: partial wildcard "*a.com" not allowed',
      'error spec.addresses[0]: 10.0.0.0/33 is not a valid CIDR block',
      'error spec.addresses[1]: x is not a valid IP',
    ],
  ],
  [
    'ports',
    '{hosts: [a.com], ports: [{number: 80, name: "a_b", protocol: FOO, targetPort: 81}]}',
    [
      'error spec.ports[0].name: invalid port name: a_b',
      'error spec.ports[0].protocol: unsupported protocol: FOO',
    ],
  ],
  [
    'static endpoints',
    '{hosts: [a.com], resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP}, {number: 81, name: x, protocol: TCP}], endpoints: [{address: b.com, ports: {foo: 1}}, {address: "unix:///a"}, {network: nn}]}',
    [
      'error spec.endpoints[0].address: endpoint address "b.com" is not a valid IP address',
      'error spec.endpoints[0].ports.foo: endpoint port 1 is not defined by the service entry',
      'error spec.endpoints[1].address: exactly 1 service port required for unix endpoints',
      'warning spec.endpoints[2].address: address is unset with network "nn"',
    ],
  ],
  [
    'dns with a wildcard',
    '{hosts: ["*.a.com"], resolution: DNS, ports: [{number: 80, name: http, protocol: HTTP}]}',
    ['error spec.hosts[0]: hosts must be FQDN if no endpoints are provided for resolution mode DNS'],
  ],
  [
    'dns with many hosts on tcp',
    '{hosts: [a.com, b.com], addresses: [10.0.0.1], resolution: DNS, workloadSelector: {labels: {a: b}}, ports: [{number: 80, name: tcp, protocol: TCP}]}',
    [
      'warning spec.hosts: service entry can not have more than one host specified simultaneously with address and tcp port',
      'error spec.ports[0]: multiple hosts provided with non-HTTP, non-TLS ports',
    ],
  ],
  [
    'dns endpoints',
    '{hosts: [a.com], resolution: DNS, ports: [{number: 80, name: http, protocol: HTTP}], endpoints: [{address: "a b", ports: {other: 5}, labels: {"": x}}]}',
    [
      'error spec.endpoints[0].address: endpoint address "a b" is not a valid FQDN or an IP address',
      'error spec.endpoints[0].labels.: invalid tag key: ""',
      'error spec.endpoints[0].ports.other: endpoint port 5 is not defined by the service entry',
    ],
  ],
  [
    'selector with nothing to select for',
    '{hosts: [a.com], workloadSelector: {}, exportTo: ["~", "x"]}',
    [
      'warning spec.workloadSelector: service entry: workload selector specified without labels, will be applied to all services in namespace',
      'warning spec.workloadSelector: workloadSelector should not be set when resolution mode is NONE',
      'error spec.exportTo: cannot export service entry to no one (~) and someone',
    ],
  ],
  [
    'dynamic names',
    '{hosts: [a.com, "*.b.com"], resolution: DYNAMIC_DNS, ports: [{number: 80, name: tcp, protocol: TCP}]}',
    [
      'warning spec.hosts[0]: resolution mode DYNAMIC_DNS is meant for wildcard hosts',
      'warning spec.ports[0].protocol: resolution mode DYNAMIC_DNS finds hosts by Host or SNI, which only HTTP and TLS have',
      'error spec.ports[0]: multiple hosts provided with non-HTTP, non-TLS ports',
    ],
  ],
])

rulesOf('WorkloadEntry', [
  [
    'address',
    '{address: "a b"}',
    ['error spec.address: endpoint address "a b" is not a valid FQDN or an IP address'],
  ],
  [
    'network only',
    '{network: nn, ports: {a: 1}, labels: {a: "b c"}}',
    [
      'warning spec.address: address is unset with network "nn"',
      'error spec.labels.a: invalid tag value: "b c"',
    ],
  ],
])

rulesOf('WorkloadGroup', [
  [
    'labels and probe',
    '{metadata: {labels: {a: "b c"}}, template: {}, probe: {periodSeconds: 1}}',
    [
      'error spec.metadata.labels.a: invalid tag value: "b c"',
      'error spec.probe: unknown health check method <nil>',
    ],
  ],
  ['probes', '{template: {}, probe: {httpGet: {port: 1, httpHeaders: [{name: a}]}}}', []],
])

rulesOf('Sidecar', [
  ['empty', '{workloadSelector: {labels: {a: b}}}', ['error spec: sidecar: empty configuration provided']],
  [
    'ingress',
    '{workloadSelector: {}, ingress: [{port: {number: 80, protocol: FOO, name: "a_b", targetPort: 1}, bind: x, defaultEndpoint: "10.0.0.1:x"}, {port: {number: 80, protocol: TCP}, defaultEndpoint: "unix://a", connectionPool: {http: {maxRetries: 1}}, tls: {mode: ISTIO_MUTUAL, httpsRedirect: true, credentialName: a, subjectAltNames: [b]}}, {port: {number: 81, protocol: HTTP}, defaultEndpoint: "nocolon"}]}',
    [
      'warning spec.workloadSelector: sidecar: workload selector specified without labels, will be applied to all services in namespace',
      'error spec.ingress[0].port.targetPort: targetPort has no impact on Sidecars',
      'error spec.ingress[0].port.name: invalid port name: a_b',
      'error spec.ingress[0].port.protocol: unsupported protocol: FOO',
      'error spec.ingress[0].bind: x is not a valid IP',
      'error spec.ingress[0].defaultEndpoint: sidecar: defaultEndpoint must be of form 127.0.0.1:<port>,0.0.0.0:<port>,[::1]:port,[::]:port,unix://filepath or unset',
      'error spec.ingress[0].defaultEndpoint: sidecar: defaultEndpoint port (x) is not a number',
      'error spec.ingress[1].port.number: sidecar: ports on IP bound listeners must be unique',
      'error spec.ingress[1].defaultEndpoint: a is not an absolute path to a file',
      'error spec.ingress[1].tls.subjectAltNames: sidecar: subjectAltNames is not supported in ingress tls',
      'error spec.ingress[1].tls.httpsRedirect: sidecar: httpsRedirect is not supported',
      'error spec.ingress[1].tls.credentialName: sidecar: credentialName is not currently supported',
      'error spec.ingress[1].tls.mode: configuration is invalid: cannot set mode to ISTIO_MUTUAL in sidecar ingress tls',
      'error spec.ingress[1].tls.credentialName: ISTIO_MUTUAL TLS cannot have associated credentialName',
      'warning spec.ingress[1].connectionPool.http: sidecar: HTTP connection pool settings are configured for port 80 ("") but its protocol is not HTTP (TCP); only TCP settings will apply',
      'error spec.ingress[2].defaultEndpoint: address nocolon: missing port in address',
    ],
  ],
  [
    'egress',
    '{egress: [{hosts: ["./*", "default/a.b", "*/*"]}, {port: {number: 80, protocol: HTTP}, bind: 10.0.0.1, hosts: [a, "a_b/c.d", "~x/c.d", "./short"]}, {port: {number: 80}, hosts: ["./*"]}, {port: {number: 0, protocol: TCP}, captureMode: IPTABLES, hosts: ["./*"]}, {hosts: []}]}',
    [
      'error spec.egress[0]: sidecar: the egress listener with empty port should be the last listener in the list',
      'warning spec.egress[0].hosts[1]: duplicated egress host: default/a.b',
      'warning spec.egress[0].hosts: `*/*` host select all resources, no other hosts can be added',
      'error spec.egress[1].hosts[0]: host must be of form namespace/dnsName',
      'error spec.egress[1].hosts[1]: invalid namespace value "a_b" in sidecar',
      'error spec.egress[1].hosts[3]: short names (non FQDN) are not allowed',
      'error spec.egress[2].port.number: sidecar: ports on IP bound listeners must be unique',
      'error spec.egress[3].bind: sidecar: ports with 0 value must have a unix domain socket bind address',
      'error spec.egress[3].captureMode: sidecar: captureMode must be DEFAULT/NONE for unix domain socket listeners',
      'error spec.egress[4].hosts: sidecar: egress listener must contain at least one host',
    ],
  ],
  [
    'egress proxy',
    '{outboundTrafficPolicy: {egressProxy: {host: a.b}}}',
    [
      'error spec.outboundTrafficPolicy.egressProxy: sidecar: egress_proxy must be set only with ALLOW_ANY outbound_traffic_policy mode',
    ],
  ],
  [
    'egress proxy without a port',
    '{outboundTrafficPolicy: {mode: ALLOW_ANY, egressProxy: {host: "a_b"}}}',
    [
      'error spec.outboundTrafficPolicy.egressProxy.host: domain name "a_b" invalid (label "a_b" invalid)',
      'error spec.outboundTrafficPolicy.egressProxy.port: sidecar: egress_proxy port must be non-nil',
    ],
  ],
])

rulesOf('EnvoyFilter', [
  [
    'patches',
    '{configPatches: [{}, {applyTo: CLUSTER}, {applyTo: CLUSTER, patch: {}}, {applyTo: CLUSTER, patch: {operation: ADD}}, {applyTo: CLUSTER, match: {listener: {}}, patch: {operation: REMOVE}}, {applyTo: HTTP_ROUTE, match: {cluster: {}}, patch: {operation: REMOVE}}, {applyTo: LISTENER, match: {cluster: {}}, patch: {operation: REMOVE}}, {applyTo: LISTENER, match: {listener: {filterChain: {filter: {name: x}}}}, patch: {operation: REMOVE}}, {applyTo: HTTP_FILTER, match: {listener: {filterChain: {filter: {name: x, subFilter: {name: yy}}}}}, patch: {operation: REMOVE}}, {applyTo: HTTP_FILTER, match: {proxy: {proxyVersion: "("}}, patch: {operation: REMOVE}}, {applyTo: HTTP_FILTER, match: {listener: {filterChain: {filter: {name: envoy.http_connection_manager, subFilter: {}}}}}, patch: {operation: REMOVE}}, {applyTo: HTTP_FILTER, patch: {operation: ADD, value: {name: x, typed_config: {"@type": type.googleapis.com/envoy.config.filter.http.lua.v2.Lua}}}}, {applyTo: HTTP_FILTER, patch: {operation: ADD, value: {name: x, typed_config: {a: 1}}}}]}',
    [
      'warning spec: EnvoyFilter exposes internal implementation details that may change at any time. Prefer other APIs if possible, and exercise extreme caution, especially around upgrades.',
      'error spec.configPatches[0].applyTo: Envoy filter: missing applyTo',
      'error spec.configPatches[1].patch: Envoy filter: missing patch',
      'error spec.configPatches[2].patch.operation: Envoy filter: missing patch operation',
      'error spec.configPatches[3].patch.value: Envoy filter: missing patch value for non-remove operation',
      'error spec.configPatches[4].match: Envoy filter: applyTo for cluster class objects cannot have non cluster match',
      'error spec.configPatches[5].match: Envoy filter: applyTo for http route class objects cannot have non route configuration match',
      'error spec.configPatches[6].match: Envoy filter: applyTo for listener class objects cannot have non listener match',
      'warning spec.configPatches[7].match.listener.filterChain.filter: Envoy filter: filter match has no effect when used with LISTENER',
      'error spec.configPatches[8].match.listener.filterChain.filter.name: Envoy filter: subfilter match requires filter match with envoy.filters.network.http_connection_manager',
      'error spec.configPatches[9].match.proxy.proxyVersion: Envoy filter: invalid regex for proxy version, [invalid regular expression "(": missing closing ): `(`]',
      'error spec.configPatches[10].match.listener.filterChain.filter.subFilter.name: Envoy filter: subfilter match has no name to match on',
      'error spec.configPatches[11].patch.value.typed_config.@type: referenced type unknown (hint: try using the v3 XDS API): could not resolve Any message type type.googleapis.com/envoy.config.filter.http.lua.v2.Lua',
      'error spec.configPatches[12].patch.value.typed_config: Any JSON does not have "@type"',
    ],
  ],
])
