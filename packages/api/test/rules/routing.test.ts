import { rulesOf } from '../rules-table.ts'

rulesOf('VirtualService', [
  ['no routes', '{hosts: [a]}', ['error spec: http, tcp or tls must be provided in virtual service']],
  ['no spec', '', ['error spec: http, tcp or tls must be provided in virtual service']],
  [
    'good',
    '{hosts: [a.b.c, 10.0.0.1, "*.example.com", "*-x.com"], gateways: [mesh, ns/gw], http: [{route: [{destination: {host: a, subset: v1, port: {number: 80}}}]}]}',
    [],
  ],
  [
    'bad hosts',
    '{hosts: ["a_b", "a.*.b", "*"], http: [{route: [{destination: {host: a}}]}]}',
    [
      'error spec.hosts[0]: domain name "a_b" invalid (label "a_b" invalid)',
      'error spec.hosts[1]: domain name "*.b" invalid (label "*" invalid)',
      'error spec.hosts[2]: wildcard host * is not allowed for virtual services bound to the mesh gateway',
    ],
  ],
  [
    'a wildcard host for gateways',
    '{hosts: ["*"], gateways: [gw], http: [{route: [{destination: {host: a}}]}]}',
    [],
  ],
  [
    'hosts that overlap',
    '{hosts: [a.b.com, "*.com", a.b.com], http: [{route: [{destination: {host: a}}]}]}',
    [
      'error spec.hosts[1]: duplicate hosts in virtual service: a.b.com & *.com',
      'error spec.hosts[2]: duplicate hosts in virtual service: a.b.com & a.b.com',
      'error spec.hosts[2]: duplicate hosts in virtual service: *.com & a.b.com',
    ],
  ],
  [
    'names of gateways',
    '{hosts: [a], gateways: ["a/b/c", "/b", "A_", "c/d/e"], http: [{route: [{destination: {host: a}}]}]}',
    [
      'error spec.gateways[0]: invalid value for gateway name: "b/c"',
      'error spec.gateways[1]: config namespace and gateway name cannot be empty',
      'error spec.gateways[1]: invalid value for namespace: ""',
      'error spec.gateways[2]: domain name "A_" invalid (label "A_" invalid)',
    ],
  ],
  [
    'names of gateways after one without a namespace are not looked at',
    '{hosts: [a], gateways: [gw.ns, "a/b/c"], http: [{route: [{destination: {host: a}}]}]}',
    [
      'warning spec.gateways[0]: using legacy gatewayName format "gw.ns"; prefer the <namespace>/<name> format: "ns/gw"',
    ],
  ],
  [
    'a delegate with gateways, tls and tcp',
    '{gateways: [gw], tls: [{match: [{sniHosts: [a]}], route: [{destination: {host: a}}]}], tcp: [{route: [{destination: {host: a}}]}]}',
    [
      'error spec.gateways: delegate virtual service must have no gateways specified',
      'error spec.tls: delegate virtual service must have no tls route specified',
      'error spec.tcp: delegate virtual service must have no tcp route specified',
      'error spec.tls[0].match[0].sniHosts[0]: SNI host "a" is not a compatible subset of any of the virtual service hosts: []',
    ],
  ],
  [
    'a root with routes',
    '{hosts: [a], http: [{name: x, delegate: {name: d}, route: [{destination: {host: a}}], redirect: {uri: /}}]}',
    [
      'error spec.http[0].redirect: root HTTP route x must not specify redirect',
      'error spec.http[0].route: root HTTP route x must not specify route',
    ],
  ],
  [
    'a delegate that delegates',
    '{http: [{delegate: {name: d}, route: [{destination: {host: a}}]}]}',
    ['error spec.http[0].delegate: delegate HTTP route cannot contain delegate'],
  ],
  [
    'route and redirect with fault and rewrite',
    '{hosts: [a], http: [{route: [{destination: {host: a}}], redirect: {uri: /}, fault: {abort: {httpStatus: 500}}, rewrite: {uri: /}, directResponse: {status: 200}}]}',
    [
      'error spec.http[0].redirect: HTTP route cannot contain both route and redirect',
      'error spec.http[0].fault: HTTP route cannot contain both fault and redirect',
      'error spec.http[0].rewrite: HTTP route rule cannot contain both rewrite and redirect',
      'error spec.http[0].directResponse: HTTP route rule cannot contain both direct_response and redirect',
    ],
  ],
  [
    'direct response with route',
    '{hosts: [a], http: [{route: [{destination: {host: a}}], directResponse: {status: 199}}]}',
    [
      'error spec.http[0].directResponse: HTTP route cannot contain both route and direct_response',
      'error spec.http[0].directResponse.status: HTTP status 199 is not in range 200-599',
    ],
  ],
  [
    'no route at all',
    '{hosts: [a], http: [{match: [{port: 1}]}]}',
    ['error spec.http[0]: HTTP route, redirect or direct_response is required'],
  ],
  [
    'mirror and mirrors',
    '{hosts: [a], http: [{route: [{destination: {host: a}}], mirror: {host: b}, mirrors: [{destination: {host: c}, percentage: {value: 101}}], mirrorPercentage: {value: -1}, mirrorPercent: 101}]}',
    [
      'error spec.http[0].mirror: HTTP route cannot contain both mirror and mirrors',
      'error spec.http[0].mirrorPercent: mirror_percent must have a max value of 100 (it has 101)',
      'warning spec.http[0].mirrorPercent: using deprecated setting "mirrorPercent", use "mirrorPercentage" instead',
      'error spec.http[0].mirrorPercentage.value: mirror_percentage must have a min value of 0 (it has -1)',
      'error spec.http[0].mirrors[0].percentage.value: mirror percentage must have a max value of 100 (it has 101)',
    ],
  ],
  [
    'weights',
    '{hosts: [a], http: [{route: [{destination: {host: a}, weight: -1}, {destination: {host: b}, weight: 1}]}, {match: [{port: 2}], route: [{destination: {host: a}}, {destination: {host: b}}]}]}',
    [
      'error spec.http[0].route[0].weight: weight -1 < 0',
      'error spec.http[0].route: total destination weight = 0',
      'error spec.http[1].route: total destination weight = 0',
    ],
  ],
  [
    'destinations',
    '{hosts: [a], http: [{route: [{destination: {host: "*", subset: "a.b", port: {number: 0}}}]}]}',
    [
      'error spec.http[0].route[0].destination.host: invalid destination host *',
      'error spec.http[0].route[0].destination.subset: subset name is invalid: a.b',
      'error spec.http[0].route[0].destination.port.number: port number 0 must be in the range 1..65535',
    ],
  ],
  [
    'matches',
    '{hosts: [a], http: [{match: [{uri: {regex: "("}, scheme: {prefix: ""}, headers: {"a b": {exact: x}, ok: {regex: ""}}, withoutHeaders: {yy: {regex: "*"}}, queryParams: {q: {regex: "(?=a)"}}, port: 65536, sourceLabels: {"a/b/c": x}, gateways: ["a b"], sourceNamespace: "a.b"}], route: [{destination: {host: a}}]}]}',
    [
      'error spec.http[0].match[0].headers.a b: header name a b is not a valid header name',
      'error spec.http[0].match[0].headers.ok.regex: "headers": regex string match should not be empty',
      'error spec.http[0].match[0].uri.regex: "uri": error parsing regexp: missing closing ): `(`; Istio uses RE2 style regex-based match (https://github.com/google/re2/wiki/Syntax)',
      'error spec.http[0].match[0].scheme.prefix: "scheme": prefix string match should not be empty',
      'error spec.http[0].match[0].queryParams.q.regex: "queryParams": error parsing regexp: invalid or unsupported Perl syntax: `(?=`; Istio uses RE2 style regex-based match (https://github.com/google/re2/wiki/Syntax)',
      'error spec.http[0].match[0].port: port number 65536 must be in the range 1..65535',
      'error spec.http[0].match[0].sourceLabels.a/b/c: invalid tag key: "a/b/c"',
      'error spec.http[0].match[0].gateways[0]: domain name "a b" invalid (label "a b" invalid)',
      'error spec.http[0].match[0].sourceNamespace: sourceNamespace match a.b is invalid',
    ],
  ],
  [
    'an empty prefix of a path',
    '{hosts: [a], http: [{match: [{uri: {prefix: ""}}], route: [{destination: {host: a}}]}]}',
    [],
  ],
  [
    'claims without a gateway',
    '{hosts: [a], http: [{match: [{headers: {"@request.auth.claims.sub": {exact: x}}}], route: [{destination: {host: a}}]}]}',
    [
      'error spec.http[0].match[0].headers.@request.auth.claims.sub: JWT claim based routing (key: @request.auth.claims.sub) is only supported for gateway, found no gateways: []',
    ],
  ],
  [
    'claims at a gateway',
    '{hosts: [a], gateways: [g], http: [{match: [{headers: {"@request.auth.claims[a][b]": {exact: x}}}], route: [{destination: {host: a}}]}]}',
    [],
  ],
  [
    'header changes',
    '{hosts: [a], http: [{headers: {request: {set: {":path": x, host: h}, add: {":authority": b}, remove: [Host, ":x", ok]}, response: {set: {host: x, yy: "100%"}, add: {z: "%A(%"}}}, rewrite: {authority: c}, route: [{destination: {host: a}, headers: {request: {set: {"": x}}}}]}]}',
    [
      'error spec.http[0].headers.request.set.:path: invalid header ":path": header cannot have ":" prefix',
      'error spec.http[0].headers.request.remove[0]: invalid header "Host": cannot set Host header',
      'error spec.http[0].headers.request.remove[1]: invalid header ":x": header cannot have ":" prefix',
      "error spec.http[0].headers.response.add.z: header value configuration: invalid header configuration. Un-terminated variable expression '%A(%'",
      'error spec.http[0].headers.response.set.host: invalid header "host": cannot set Host header',
      'error spec.http[0].headers.response.set.yy: header value configuration: invalid header configuration. Un-escaped %',
      'error spec.http[0].headers.request.set.host: authority header cannot be set multiple times: have "c", attempting to set "h"',
      'error spec.http[0].route[0].headers.request.set.: header name cannot be empty',
    ],
  ],
  [
    'format operators',
    '{hosts: [a], http: [{headers: {request: {set: {a: "%REQ(X)%", b: "100%%", c: "%A([\\"x\\", \\"y\\"])% ", d: "%A([\\"x\\" y])%", e: "%A([x])%", f: "%A(x) b%", g: "%START_TIME(%s)%", h: "%X%%"}}}, route: [{destination: {host: a}}]}]}',
    [
      "error spec.http[0].headers.request.set.d: header value configuration: invalid header configuration. Expecting ',', ']', or whitespace",
      "error spec.http[0].headers.request.set.e: header value configuration: invalid header configuration. Expecting '\"'",
      "error spec.http[0].headers.request.set.f: header value configuration: invalid header configuration. Expecting '%' or whitespace after the arguments",
      'error spec.http[0].headers.request.set.h: header value configuration: invalid header configuration. Un-escaped %',
    ],
  ],
  [
    'faults',
    '{hosts: [a], http: [{fault: {}, route: [{destination: {host: a}}]}, {match: [{port: 1}], fault: {delay: {fixedDelay: 1.5ms, percentage: {value: 0.00001}}, abort: {percentage: {value: 1}}}, route: [{destination: {host: a}}]}, {match: [{port: 3}], fault: {delay: {exponentialDelay: 1s}, abort: {grpcStatus: NOPE}}, route: [{destination: {host: a}}]}, {match: [{port: 4}], fault: {abort: {httpStatus: 601}}, route: [{destination: {host: a}}]}, {match: [{port: 5}], fault: {abort: {http2Error: X}}, route: [{destination: {host: a}}]}]}',
    [
      'error spec.http[0].fault: HTTP fault injection must have an abort and/or a delay',
      'warning spec.http[1].fault.abort: abort configured, but error type not set',
      'error spec.http[1].fault.delay.percentage.value: percentage 0.00001 is neither 0.0, nor in range [0.0001, 100.0]',
      'error spec.http[1].fault.delay.fixedDelay: only durations to ms precision are supported',
      'error spec.http[2].fault.abort.grpcStatus: gRPC status "NOPE" is not supported. See https://github.com/grpc/grpc/blob/master/doc/statuscodes.md for a list of supported codes, for example \'NOT_FOUND\'',
      'error spec.http[2].fault.delay.exponentialDelay: exponentialDelay not supported yet',
      'error spec.http[3].fault.abort.httpStatus: HTTP status 601 is not in range 200-599',
      'error spec.http[4].fault.abort.http2Error: HTTP/2 abort fault injection not supported yet',
    ],
  ],
  [
    'retries',
    '{hosts: [a], http: [{retries: {attempts: -1, retryOn: "5xx,503,nope,299"}, timeout: 1500us, route: [{destination: {host: a}}]}, {match: [{port: 1}], retries: {retryOn: 5xx}, route: [{destination: {host: a}}]}]}',
    [
      'error spec.http[0].retries.attempts: attempts cannot be negative',
      'error spec.http[0].retries.retryOn: "nope" is not a valid retryOn policy',
      'error spec.http[0].retries.retryOn: "299" is not a valid retryOn policy',
      'error spec.http[0].timeout: only durations to ms precision are supported',
      'error spec.http[1].retries: http retry policy configured when attempts are set to 0 (disabled)',
    ],
  ],
  [
    'redirects',
    '{hosts: [a], http: [{redirect: {}}, {match: [{port: 1}], redirect: {uri: /, redirectCode: 200}}, {match: [{port: 2}], redirect: {scheme: ftp}}, {match: [{port: 3}], redirect: {port: 70000}}, {match: [{port: 4}], redirect: {derivePort: FROM_REQUEST_PORT}}, {match: [{port: 5}], redirect: {uri: /, prefixRewrite: /x}}]}',
    [
      'error spec.http[0].redirect: redirect must specify URI, authority, scheme, or port',
      'error spec.http[1].redirect: 200 is not a valid redirect code, must be 3xx',
      'error spec.http[2].redirect: invalid redirect scheme, must be "http" or "https"',
      'error spec.http[3].redirect: port number 70000 must be in the range 1..65535',
      'error spec.http[5].redirect.prefixRewrite: redirect may only contain one of uri or prefixRewrite',
      'error spec.http[5].redirect.prefixRewrite: redirect with prefixRewrite requires every match to have a prefix uri match',
    ],
  ],
  [
    'rewrites',
    '{hosts: [a], http: [{rewrite: {}, route: [{destination: {host: a}}]}, {match: [{port: 1}], rewrite: {uri: /, uriRegexRewrite: {match: a, rewrite: b}}, route: [{destination: {host: a}}]}, {match: [{port: 2}], rewrite: {uriRegexRewrite: {match: a}}, route: [{destination: {host: a}}]}, {match: [{port: 3}], rewrite: {uriRegexRewrite: {match: "(", rewrite: x}}, route: [{destination: {host: a}}]}]}',
    [
      'error spec.http[0].rewrite: rewrite must specify at least one of URI, UriRegexRewrite, or authority. Only one of URI or UriRegexRewrite may be specified',
      'error spec.http[1].rewrite: rewrite may only contain one of URI or UriRegexRewrite',
      'error spec.http[2].rewrite.uriRegexRewrite: UriRegexRewrite requires both Rewrite and Match fields to be specified',
      'error spec.http[3].rewrite.uriRegexRewrite.match: "HTTPRewrite.UriRegexRewrite.Match": error parsing regexp: missing closing ): `(`; Istio uses RE2 style regex-based match (https://github.com/google/re2/wiki/Syntax)',
    ],
  ],
  [
    'cross-origin',
    '{hosts: [a], http: [{corsPolicy: {allowOrigins: [{}, {regex: "["}], allowMethods: [GET, get], allowHeaders: ["*", "a b"], exposeHeaders: [""], maxAge: 1.5s}, route: [{destination: {host: a}}]}]}',
    [
      "error spec.http[0].corsPolicy.allowOrigins[0]: '' is not a valid match type for CORS allow origins",
      'error spec.http[0].corsPolicy.allowOrigins[1].regex: "corsPolicy.allowOrigins": error parsing regexp: missing closing ]: `[`; Istio uses RE2 style regex-based match (https://github.com/google/re2/wiki/Syntax)',
      'error spec.http[0].corsPolicy.allowMethods[1]: "get" is not a supported HTTP method',
      'error spec.http[0].corsPolicy.allowHeaders[1]: header name a b is not a valid header name',
      'error spec.http[0].corsPolicy.exposeHeaders[0]: header name cannot be empty',
      'error spec.http[0].corsPolicy.maxAge: max_age duration is accurate only to seconds precision',
    ],
  ],
  [
    'tls routes',
    '{hosts: ["*.a.com"], tls: [{match: [{sniHosts: [x.a.com, b.com, 10.0.0.1], destinationSubnets: [10.0.0.0/99, 10.0.0.1], port: 0}]}, {match: []}]}',
    [
      'error spec.tls[0].match[0].sniHosts[1]: SNI host "b.com" is not a compatible subset of any of the virtual service hosts: [*.a.com]',
      'warning spec.tls[0].match[0].sniHosts[2]: using an IP address ("10.0.0.1") goes against SNI spec and most clients do not support this',
      'error spec.tls[0].match[0].destinationSubnets[0]: 10.0.0.0/99 is not a valid CIDR block',
      'error spec.tls[0]: TLS route is required',
      'error spec.tls[1]: TLS route must have at least one match condition',
      'error spec.tls[1]: TLS route is required',
    ],
  ],
  [
    'tcp routes',
    '{hosts: [a], tcp: [{match: [{destinationSubnets: [x], port: 70000}], route: []}]}',
    [
      'error spec.tcp[0].match[0].destinationSubnets[0]: x is not a valid IP',
      'error spec.tcp[0].match[0].port: port number 70000 must be in the range 1..65535',
      'error spec.tcp[0]: TCP route is required',
    ],
  ],
  [
    'export',
    '{hosts: [a], http: [{route: [{destination: {host: a}}]}], exportTo: [".", default, "~", "*"]}',
    [
      'error spec.exportTo[1]: duplicate entries in exportTo for entry default',
      'error spec.exportTo[2]: exportTo must be *, ., a namespace or (in a ServiceEntry) ~, not "~"',
      'error spec.exportTo: cannot have both public (*) and non-public exportTo values for a resource',
    ],
  ],
  [
    'routes without traffic',
    '{hosts: [a], http: [{name: first, match: [{uri: {prefix: /a}}, {uri: {prefix: /a}, name: again}], route: [{destination: {host: a}}]}, {match: [{uri: {prefix: /abc}}], route: [{destination: {host: a}}]}, {match: [{name: other, uri: {prefix: /a}}], route: [{destination: {host: a}}]}, {route: [{destination: {host: a}}]}, {route: [{destination: {host: a}}]}]}',
    [
      'warning spec.http[0].match[1]: virtualService rule "first" match "again" is not used (duplicate/overlapping match in rule "first")',
      'warning spec.http[2].match[0]: virtualService rule #2 match "other" is not used (duplicate/overlapping match in rule "first")',
      'warning spec.http[2]: virtualService rule #2 not used (all matches used by prior rules)',
      'warning spec.http[4]: virtualService rule #4 not used (only the last rule can have no matches)',
      'warning spec.http[1].match[0]: virtualService rule #1 match #0 of prefix /abc is not used (duplicate/overlapping match in rule #0 of prefix /a on "first")',
    ],
  ],
  [
    'a regular expression that is too long',
    '{hosts: [a], http: [{match: [{uri: {regex: "LONG"}}], route: [{destination: {host: a}}]}]}',
    ['error spec.http[0].match[0].uri.regex: "uri": regex is too large, max length allowed is 1024'],
  ],
])

rulesOf('DestinationRule', [
  ['no spec', '', ['error spec.host: empty domain name not allowed']],
  [
    'empty policies',
    '{host: a, trafficPolicy: {}, subsets: [{name: v1, trafficPolicy: {connectionPool: {}}}, {name: v1}, {name: a.b, labels: {"x y": z}}]}',
    [
      'error spec.trafficPolicy: traffic policy must have at least one field',
      'error spec.subsets[0].trafficPolicy.connectionPool: connection pool must have at least one field',
      'error spec.subsets[1].name: duplicate subset names: v1',
      'error spec.subsets[2].name: subset name is invalid: a.b',
      'error spec.subsets[2].labels.x y: invalid tag key: "x y"',
    ],
  ],
  [
    'pools',
    '{host: "*.a", trafficPolicy: {connectionPool: {http: {http1MaxPendingRequests: -1, http2MaxRequests: -1, maxRequestsPerConnection: -1, maxRetries: -1, maxConcurrentStreams: -1, h2UpgradePolicy: UPGRADE, useClientProtocol: true, idleTimeout: 1.5ms, http2KeepAlive: {interval: 1s}}, tcp: {maxConnections: -1, idleTimeout: 0s}}}}',
    [
      'error spec.trafficPolicy.connectionPool.http.http1MaxPendingRequests: http1 max pending requests must be non-negative',
      'error spec.trafficPolicy.connectionPool.http.http2MaxRequests: http2 max requests must be non-negative',
      'error spec.trafficPolicy.connectionPool.http.maxRequestsPerConnection: max requests per connection must be non-negative',
      'error spec.trafficPolicy.connectionPool.http.maxRetries: max retries must be non-negative',
      'error spec.trafficPolicy.connectionPool.http.maxConcurrentStreams: max concurrent streams must be non-negative',
      'error spec.trafficPolicy.connectionPool.http.idleTimeout: only durations to ms precision are supported',
      'error spec.trafficPolicy.connectionPool.http.useClientProtocol: use client protocol must not be true when H2UpgradePolicy is UPGRADE',
      'error spec.trafficPolicy.connectionPool.http.http2KeepAlive: http2 keepalive must have both interval and timeout',
      'error spec.trafficPolicy.connectionPool.tcp.maxConnections: max connections must be non-negative',
    ],
  ],
  [
    'durations that only the webhook reads',
    '{host: a, trafficPolicy: {connectionPool: {tcp: {idleTimeout: 1d}}, retryBudget: {budgetInterval: x}, loadBalancer: {consistentHash: {httpCookie: {name: a, ttl: b}}}}}',
    [
      'error spec.trafficPolicy.connectionPool.tcp.idleTimeout: bad Duration: time: invalid duration "1d"',
      'error spec.trafficPolicy.loadBalancer.consistentHash.httpCookie.ttl: bad Duration: time: invalid duration "b"',
      'error spec.trafficPolicy.retryBudget.budgetInterval: bad Duration: time: invalid duration "x"',
    ],
  ],
  [
    'outlier detection',
    '{host: a, trafficPolicy: {outlierDetection: {consecutiveErrors: 1, consecutiveLocalOriginFailures: 2, maxEjectionPercent: 101, minHealthPercent: -1}}}',
    [
      'warning spec.trafficPolicy.outlierDetection.consecutiveErrors: outlier detection consecutive errors is deprecated, use consecutiveGatewayErrors or consecutive5xxErrors instead',
      'error spec.trafficPolicy.outlierDetection.consecutiveLocalOriginFailures: outlier detection consecutive local origin failures is specified, but split external local origin errors is set to false',
      'error spec.trafficPolicy.outlierDetection.maxEjectionPercent: percentage 101 is not in range 0..100',
      'error spec.trafficPolicy.outlierDetection.minHealthPercent: percentage -1 is not in range 0..100',
    ],
  ],
  [
    'load balancers',
    '{host: a, trafficPolicy: {loadBalancer: {consistentHash: {useSourceIp: true, minimumRingSize: 5, maglev: {tableSize: 4}}}, portLevelSettings: [{port: {number: 1}}, {loadBalancer: {consistentHash: {maglev: {tableSize: 5000011}}}}, {port: {number: 1}, loadBalancer: {consistentHash: {httpCookie: {name: ""}, maglev: {}}}}]}}',
    [
      "warning spec.trafficPolicy.loadBalancer.consistentHash.minimumRingSize: consistent hash MinimumRingSize is deprecated, use ConsistentHashLB's RingHash configuration instead",
      'error spec.trafficPolicy.loadBalancer.consistentHash.minimumRingSize: only one of MinimumRingSize or Maglev/Ringhash can be specified',
      'error spec.trafficPolicy.loadBalancer.consistentHash.maglev.tableSize: tableSize must be a prime number for maglev',
      'error spec.trafficPolicy.portLevelSettings[0]: port traffic policy must have at least one field',
      'error spec.trafficPolicy.portLevelSettings[1].port: portTrafficPolicy must have valid port',
      'error spec.trafficPolicy.portLevelSettings[1].loadBalancer.consistentHash.maglev.tableSize: tableSize must be less than 5000011 for maglev',
      'error spec.trafficPolicy.portLevelSettings[2].loadBalancer.consistentHash.httpCookie.name: name required for HttpCookie',
      'error spec.trafficPolicy.portLevelSettings[2].loadBalancer.consistentHash.maglev.tableSize: tableSize must be set for maglev',
      'error spec.trafficPolicy.portLevelSettings[2].loadBalancer.consistentHash.maglev.tableSize: tableSize must be a prime number for maglev',
    ],
  ],
  [
    'localities',
    '{host: a, trafficPolicy: {loadBalancer: {localityLbSetting: {distribute: [{from: "a/*", to: {"a/b": 50, "a/b/c": 50}}, {from: "a/b", to: {x: 100}}]}, zoneAwareLbSetting: {}}}}',
    [
      'error spec.trafficPolicy.loadBalancer: only one of localityLbSetting or zoneAwareLbSetting can be specified',
      'error spec.trafficPolicy.loadBalancer.localityLbSetting.distribute[0].to: locality a/b/c overlap with previous specified ones',
      'error spec.trafficPolicy.loadBalancer.localityLbSetting.distribute: locality a/b overlap with previous specified ones',
    ],
  ],
  [
    'locality weights',
    '{host: a, trafficPolicy: {loadBalancer: {localityLbSetting: {distribute: [{from: a, to: {b: 99}}]}}}}',
    [
      'error spec.trafficPolicy.loadBalancer.localityLbSetting.distribute[0].to: total locality weight 99 != 100',
    ],
  ],
  [
    'failover',
    '{host: a, trafficPolicy: {loadBalancer: {localityLbSetting: {failover: [{from: a, to: a}, {from: a/b, to: "c*"}]}}}}',
    [
      'warning spec.trafficPolicy.loadBalancer.localityLbSetting: outlier detection policy must be provided for failover',
      'error spec.trafficPolicy.loadBalancer.localityLbSetting.failover[0]: locality lb failover settings must specify different regions',
      'error spec.trafficPolicy.loadBalancer.localityLbSetting.failover[1]: locality lb failover only specify region',
      "error spec.trafficPolicy.loadBalancer.localityLbSetting.failover[1]: locality lb failover region should not contain '*' wildcard",
    ],
  ],
  [
    'failover and distribute',
    '{host: a, trafficPolicy: {loadBalancer: {localityLbSetting: {failover: [{from: a, to: b}], distribute: [{from: a, to: {b: 100}}]}}}}',
    [
      "error spec.trafficPolicy.loadBalancer.localityLbSetting: can not simultaneously specify 'distribute' and 'failover'",
    ],
  ],
  [
    'failover and topology',
    '{host: a, trafficPolicy: {outlierDetection: {}, loadBalancer: {localityLbSetting: {failover: [{from: a, to: b}], failoverPriority: [topology.kubernetes.io/region]}}}}',
    [
      "error spec.trafficPolicy.loadBalancer.localityLbSetting.failoverPriority: can not simultaneously set 'failover' and topology label 'topology.kubernetes.io/region' in 'failover_priority'",
    ],
  ],
  [
    'tls',
    '{host: a, trafficPolicy: {tls: {mode: MUTUAL}, portLevelSettings: [{port: {number: 1}, tls: {mode: SIMPLE, credentialName: c, caCertificates: x}}, {port: {number: 2}, tls: {mode: SIMPLE, insecureSkipVerify: true, subjectAltNames: [x]}}, {port: {number: 3}, tls: {mode: MUTUAL, insecureSkipVerify: true, caCertificates: x, clientCertificate: a, privateKey: b}}]}}',
    [
      'error spec.trafficPolicy.tls.clientCertificate: client certificate required for mutual tls',
      'error spec.trafficPolicy.tls.privateKey: private key required for mutual tls',
      'error spec.trafficPolicy.portLevelSettings[0].tls: cannot specify client certificates or CA certificate or CA CRL If credentialName is set',
      'error spec.trafficPolicy.portLevelSettings[1].tls: cannot specify CaCertificates or CredentialName or SubjectAltNames when InsecureSkipVerify is set true',
      'error spec.trafficPolicy.portLevelSettings[2].tls: cannot specify CaCertificates or SubjectAltNames when InsecureSkipVerify is set true',
    ],
  ],
  [
    'tunnel',
    '{host: a, trafficPolicy: {tunnel: {protocol: GET, targetHost: "a_b", targetPort: 0}}}',
    [
      'error spec.trafficPolicy.tunnel.protocol: tunnel protocol must be "CONNECT" or "POST"',
      'error spec.trafficPolicy.tunnel.targetHost: tunnel target host must be valid FQDN or IP address: domain name "a_b" invalid (label "a_b" invalid); a_b is not a valid IP',
      'error spec.trafficPolicy.tunnel.targetPort: tunnel target port is invalid: port number 0 must be in the range 1..65535',
    ],
  ],
  [
    'tunnel and proxy protocol',
    '{host: a, trafficPolicy: {tunnel: {targetHost: a, targetPort: 1}, proxyProtocol: {version: V1}}}',
    ['error spec.trafficPolicy: tunnel and proxyProtocol must not be set together'],
  ],
  [
    'selector and export',
    '{host: a, workloadSelector: {matchLabels: {a: b}}, exportTo: ["*"]}',
    [
      'error spec.exportTo: destination rule with workload selector cannot have exportTo beyond current namespace',
    ],
  ],
  [
    'selector without labels',
    '{host: a, workloadSelector: {}, exportTo: ["."]}',
    ['warning spec.workloadSelector: workload selector specified without labels'],
  ],
])
