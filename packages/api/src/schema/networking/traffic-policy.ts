import {
  choice,
  double,
  duration,
  field,
  flag,
  int32,
  integer,
  list,
  message,
  text,
  texts,
  uint32,
} from '../node.ts'
import { PortSelector } from './destination.ts'
import { LoadBalancerSettings } from './load-balancer.ts'

/** TCP keepalive. */
export const TcpKeepalive = message(
  'TcpKeepalive',
  'Keepalive probes of the operating system.',
  {
    probes: uint32('How many probes may go unanswered.', { defaults: 'of the operating system (Linux: 9)' }),
    time: duration('How long a connection is idle before the first probe.', {
      defaults: 'of the operating system (Linux: 2h)',
    }),
    interval: duration('Time between probes.', { defaults: 'of the operating system (Linux: 75s)' }),
  },
  { anchor: 'ConnectionPoolSettings-TCPSettings-TcpKeepalive' },
)

/** Connection limits. */
export const TCPSettings = message(
  'TCPSettings',
  'Limits for connections, of HTTP and of TCP.',
  {
    maxConnections: int32('Most connections to a destination.', { defaults: '2^32-1' }),
    connectTimeout: duration('Time limit for making a connection.', { defaults: '10s' }),
    tcpKeepalive: field(TcpKeepalive, 'Keepalive probes.', { defaults: 'off' }),
    maxConnectionDuration: duration('How long a connection lives at most.', { defaults: 'no limit' }),
    idleTimeout: text(
      'How long a connection may be idle before it is closed, as a duration. 0s means no limit.',
      {
        defaults: '1h',
      },
    ),
  },
  { anchor: 'ConnectionPoolSettings-TCPSettings', example: 'maxConnections: 100\nconnectTimeout: 30ms' },
)

/** When connections are made with HTTP/2. */
export const H2UpgradePolicy = choice('H2UpgradePolicy', 'When HTTP/1.1 connections become HTTP/2.', {
  DEFAULT: 'As the mesh says.',
  DO_NOT_UPGRADE: 'Never.',
  UPGRADE: 'Always.',
})

/** HTTP/2 keepalive. */
export const HTTP2KeepAlive = message(
  'HTTP2KeepAlive',
  'Pings on HTTP/2 connections. Both fields are needed.',
  {
    interval: duration('Time between pings.', { example: '30s' }),
    timeout: duration('Time limit for an answer, after which the connection is closed.', { example: '5s' }),
  },
  { anchor: 'ConnectionPoolSettings-HTTPSettings-HTTP2KeepAlive' },
)

/** HTTP limits. */
export const HTTPSettings = message(
  'HTTPSettings',
  'Limits for HTTP requests.',
  {
    http1MaxPendingRequests: int32('Most requests that wait for a connection.', { defaults: '2^32-1' }),
    http2MaxRequests: int32('Most requests that are open at the same time, of HTTP/1.1 and HTTP/2.', {
      defaults: '2^32-1',
    }),
    maxRequestsPerConnection: int32(
      'How many requests a connection serves before it is closed. 0 means no limit.',
      {
        defaults: '0',
      },
    ),
    maxRetries: int32('Most retries that are open at the same time.', { defaults: '2^32-1' }),
    idleTimeout: duration('How long a connection may be without a request before it is closed.', {
      defaults: '1h',
    }),
    h2UpgradePolicy: field(H2UpgradePolicy, 'Whether connections are made with HTTP/2.', {
      defaults: 'DEFAULT',
    }),
    useClientProtocol: flag('Uses the protocol of the caller. Then `h2UpgradePolicy` has no effect.', {
      defaults: 'false',
    }),
    maxConcurrentStreams: int32('Most streams of an HTTP/2 connection.', { defaults: '2^31-1' }),
    http2KeepAlive: field(HTTP2KeepAlive, 'Pings on HTTP/2 connections.', { defaults: 'off' }),
  },
  {
    anchor: 'ConnectionPoolSettings-HTTPSettings',
    example: 'http2MaxRequests: 1000\nmaxRequestsPerConnection: 10',
  },
)

/** Connection pool. */
export const ConnectionPoolSettings = message(
  'ConnectionPoolSettings',
  'Limits that protect a destination from too many connections and requests.',
  {
    tcp: field(TCPSettings, 'Limits for connections.'),
    http: field(HTTPSettings, 'Limits for HTTP requests.'),
  },
)

/** Ejection of bad hosts. */
export const OutlierDetection = message(
  'OutlierDetection',
  'Takes hosts out of the balancing for a while when they fail.',
  {
    consecutiveErrors: int32('How many errors in a row eject a host.', {
      deprecated: 'use `consecutive5xxErrors`',
    }),
    splitExternalLocalOriginErrors: flag(
      'Whether errors of the connection are counted apart from those of the host.',
      {
        defaults: 'false',
      },
    ),
    consecutiveLocalOriginFailures: uint32(
      'How many connection errors in a row eject a host. Needs `splitExternalLocalOriginErrors`.',
      { nullable: true, defaults: '5' },
    ),
    consecutiveGatewayErrors: uint32(
      'How many answers 502, 503 or 504 in a row eject a host. 0 turns it off.',
      {
        nullable: true,
        defaults: 'off',
      },
    ),
    consecutive5xxErrors: uint32('How many answers of class 5xx in a row eject a host. 0 turns it off.', {
      nullable: true,
      defaults: '5',
    }),
    interval: duration('Time between two looks at the hosts.', { defaults: '10s' }),
    baseEjectionTime: duration('How long a host stays out; multiplied by the number of its ejections.', {
      defaults: '30s',
    }),
    maxEjectionPercent: int32('Share of the hosts that may be out at the same time, in percent.', {
      defaults: '10',
    }),
    minHealthPercent: int32(
      'Share of healthy hosts below which ejection stops and all hosts are used, in percent.',
      {
        defaults: '0',
      },
    ),
    outlierDetectionHttpErrorCodes: list(
      integer('A status code.', { minimum: 100, maximum: 599 }),
      'Status codes that count as errors.',
      { since: '1.31' },
    ),
  },
  { example: 'consecutive5xxErrors: 7\ninterval: 5m\nbaseEjectionTime: 15m' },
)

/** TLS mode towards a destination. */
export const ClientTLSMode = choice('ClientTLSMode', 'How connections to a destination are secured.', {
  DISABLE: 'Plain text.',
  SIMPLE: 'TLS without a client certificate.',
  MUTUAL: 'TLS with a client certificate from the fields beside it.',
  ISTIO_MUTUAL: 'TLS with the certificate that the mesh gave the workload.',
})

/** TLS towards a destination. */
export const ClientTLSSettings = message(
  'ClientTLSSettings',
  'TLS of connections to a destination.',
  {
    mode: field(ClientTLSMode, 'How connections are secured.', { defaults: 'DISABLE' }),
    clientCertificate: text('File with the client certificate. For MUTUAL.'),
    privateKey: text('File with the key of the client certificate. For MUTUAL.'),
    caCertificates: text(
      'File with certificates of authorities that may have signed the certificate of the server.',
      {
        defaults: 'those of the operating system',
      },
    ),
    credentialName: text('Secret with client certificate and authorities, in the namespace of the proxy.'),
    subjectAltNames: texts('Names of which the certificate of the server must have one.'),
    sni: text('Server name in the ClientHello.', {
      defaults: 'the Host of the request, for SIMPLE and MUTUAL',
    }),
    insecureSkipVerify: flag('Whether the certificate of the server is not checked at all.', {
      nullable: true,
      defaults: 'false',
    }),
    caCrl: text('File with revoked certificates.'),
  },
  { example: 'mode: SIMPLE\nsni: api.example.com' },
)

/** Port level policy. */
export const PortTrafficPolicy = message(
  'PortTrafficPolicy',
  'Policy of one port. It replaces the policy of the destination for this port; nothing is inherited.',
  {
    port: field(PortSelector, 'The port.'),
    loadBalancer: field(LoadBalancerSettings, 'How a host is chosen.'),
    connectionPool: field(ConnectionPoolSettings, 'Limits.'),
    outlierDetection: field(OutlierDetection, 'Ejection of failing hosts.'),
    tls: field(ClientTLSSettings, 'TLS of connections.'),
  },
  { anchor: 'TrafficPolicy-PortTrafficPolicy' },
)

/** Tunnel through another proxy. */
export const TunnelSettings = message(
  'TunnelSettings',
  'Sends TCP connections through an HTTP tunnel that the destination offers.',
  {
    protocol: text('Method that opens the tunnel: CONNECT or POST.', { defaults: 'CONNECT' }),
    targetHost: text('Host at the far end of the tunnel.'),
    targetPort: uint32('Port at the far end of the tunnel.'),
  },
  { required: ['targetHost', 'targetPort'], anchor: 'TrafficPolicy-TunnelSettings' },
)

/** Version of the PROXY protocol. */
export const ProxyProtocolVersion = choice('ProxyProtocolVersion', 'Version of the PROXY protocol.', {
  V1: 'Text.',
  V2: 'Binary.',
})

/** PROXY protocol towards a destination. */
export const ProxyProtocol = message(
  'ProxyProtocol',
  'Tells the destination the address of the caller at the beginning of a connection.',
  { version: field(ProxyProtocolVersion, 'Version of the protocol.', { defaults: 'V1' }) },
  { anchor: 'TrafficPolicy-ProxyProtocol' },
)

/** Limit for retries as a share of requests. */
export const RetryBudget = message(
  'RetryBudget',
  'Limits retries to a share of the requests that are open.',
  {
    percent: double('Retries that may be open, in percent of the open requests.', {
      minimum: 0,
      maximum: 100,
      nullable: true,
      defaults: '20',
    }),
    minRetryConcurrency: uint32('Retries that may be open in any case.', { defaults: '3' }),
    budgetInterval: text('Time over which requests are counted, as a duration.', {
      defaults: '0s: only those that are open now',
    }),
  },
  { since: '1.28', anchor: 'TrafficPolicy-RetryBudget' },
)

/** Traffic policy. */
export const TrafficPolicy = message(
  'TrafficPolicy',
  'What happens between the routing decision and the destination: balancing, limits, ejection, TLS.',
  {
    loadBalancer: field(LoadBalancerSettings, 'How a host is chosen.', { defaults: 'LEAST_REQUEST' }),
    connectionPool: field(ConnectionPoolSettings, 'Limits for connections and requests.'),
    outlierDetection: field(OutlierDetection, 'Ejection of failing hosts.', { defaults: 'off' }),
    tls: field(ClientTLSSettings, 'TLS of connections.', { defaults: 'mesh mTLS where both sides can' }),
    portLevelSettings: list(PortTrafficPolicy, 'Policies of single ports.', { maxItems: 4096 }),
    tunnel: field(TunnelSettings, 'HTTP tunnel. Not together with `proxyProtocol`.'),
    proxyProtocol: field(ProxyProtocol, 'PROXY protocol.', { defaults: 'off' }),
    retryBudget: field(RetryBudget, 'Limit for retries.'),
  },
  { example: 'loadBalancer: { simple: ROUND_ROBIN }\nconnectionPool:\n  tcp: { maxConnections: 100 }' },
)
