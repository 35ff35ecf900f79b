import {
  choice,
  double,
  duration,
  field,
  flag,
  integer,
  list,
  map,
  message,
  text,
  texts,
  uint32,
} from '../node.ts'

/** Algorithms without settings. */
export const SimpleLB = choice('SimpleLB', 'Algorithms that need no settings.', {
  UNSPECIFIED: 'The default: LEAST_REQUEST.',
  LEAST_CONN: 'Deprecated name of LEAST_REQUEST.',
  RANDOM: 'A host at random.',
  PASSTHROUGH: 'The address that the caller asked for, without any balancing.',
  ROUND_ROBIN: 'One host after the other.',
  LEAST_REQUEST: 'The less busy of two hosts that are taken at random.',
})

/** One attribute of a cookie. */
export const CookieAttribute = message(
  'CookieAttribute',
  'An attribute of a generated cookie.',
  { name: text('Name of the attribute.', { example: 'SameSite' }), value: text('Value of the attribute.') },
  { required: ['name'], anchor: 'LoadBalancerSettings-ConsistentHashLB-HTTPCookie-Attribute' },
)

/** Cookie as hash key. */
export const HTTPCookie = message(
  'HTTPCookie',
  'A cookie as the key of the hash. With a `ttl` the proxy generates it where it is missing.',
  {
    name: text('Name of the cookie.'),
    path: text('Path of a generated cookie.'),
    ttl: text('Life time of a generated cookie as a duration. 0s makes a session cookie.', { example: '1h' }),
    attributes: list(CookieAttribute, 'Further attributes of a generated cookie.'),
  },
  { required: ['name'], anchor: 'LoadBalancerSettings-ConsistentHashLB-HTTPCookie' },
)

/** Ring hash. */
export const RingHash = message(
  'RingHash',
  'Ketama hash ring.',
  {
    minimumRingSize: integer(
      'Smallest number of points on the ring. More points spread the load more evenly.',
      {
        minimum: 0,
        defaults: '1024',
      },
    ),
  },
  { anchor: 'LoadBalancerSettings-ConsistentHashLB-RingHash' },
)

/** Maglev. */
export const MagLev = message(
  'MagLev',
  'Maglev table.',
  {
    tableSize: integer('Size of the table, a prime below 5000011.', { minimum: 0, defaults: '65537' }),
  },
  { anchor: 'LoadBalancerSettings-ConsistentHashLB-MagLev' },
)

/** Consistent hashing. */
export const ConsistentHashLB = message(
  'ConsistentHashLB',
  'Sends requests with the same key to the same host as long as it is there.',
  {
    httpHeaderName: text('Takes the key from this request header.', { example: 'x-user' }),
    httpCookie: field(HTTPCookie, 'Takes the key from a cookie.'),
    useSourceIp: flag(
      'Takes the address of the caller as the key. Being there counts as set, even when false.',
    ),
    httpQueryParameterName: text('Takes the key from this query parameter.'),
    ringHash: field(RingHash, 'Uses a hash ring.'),
    maglev: field(MagLev, 'Uses a Maglev table.'),
    minimumRingSize: integer('Smallest number of points on the ring.', {
      minimum: 0,
      deprecated: 'use `ringHash.minimumRingSize`',
    }),
  },
  {
    oneOfs: [
      {
        name: 'ConsistentHashKey',
        fields: ['httpHeaderName', 'httpCookie', 'useSourceIp', 'httpQueryParameterName'],
      },
      { name: 'ConsistentHashAlgorithm', fields: ['ringHash', 'maglev'] },
    ],
    anchor: 'LoadBalancerSettings-ConsistentHashLB',
    example: 'httpHeaderName: x-user',
  },
)

/** Load reports of the hosts. */
export const BackendUtilization = message(
  'BackendUtilization',
  'Weighs hosts by the utilization that they report (ORCA).',
  {
    weightStabilizationPeriod: text('How long a host must report before its weight is used, as a duration.', {
      defaults: '10s',
    }),
    weightExpirationPeriod: text('How long a weight is used without a new report, as a duration.', {
      defaults: '3m',
    }),
    weightUpdatePeriod: text('How often weights are computed again, as a duration.', { defaults: '1s' }),
    errorUtilizationPenaltyPercent: uint32('How much errors count against a host, in percent.', {
      defaults: '100',
    }),
    metricNamesForComputingUtilization: texts(
      'Names of reported metrics to use when there is no utilization.',
    ),
  },
  { since: '1.31', stage: 'alpha', anchor: 'LoadBalancerSettings-BackendUtilization' },
)

/** Slow start. */
export const WarmupConfiguration = message(
  'WarmupConfiguration',
  'Gives a new host less traffic at first, and more with time. For ROUND_ROBIN and LEAST_REQUEST.',
  {
    duration: duration('How long a host is new.', { example: '60s' }),
    minimumPercent: double('Share of its fair load that a host gets at first, in percent.', {
      minimum: 0,
      maximum: 100,
      nullable: true,
      defaults: '10',
    }),
    aggression: double('How the share grows: 1 linearly, more means faster at the beginning.', {
      minimum: 0,
      nullable: true,
      defaults: '1.0',
    }),
  },
  { required: ['duration'] },
)

/** Share of traffic between localities. */
export const LocalityDistribute = message(
  'LocalityDistribute',
  'Where traffic of one locality goes, by share.',
  {
    from: text('Locality of the caller: `region/zone/subzone`, `*` at the end for all below.', {
      example: 'us-west/zone1/*',
    }),
    to: map(
      uint32('Share in percent.'),
      'Localities of destinations and their share. The shares sum to 100.',
      {
        example: '{ us-west/zone1/*: 80, us-west/zone2/*: 20 }',
      },
    ),
  },
  { anchor: 'LocalityLoadBalancerSetting-Distribute' },
)

/** Fallback between regions. */
export const LocalityFailover = message(
  'LocalityFailover',
  'The region that takes over when the hosts of another one are unhealthy.',
  { from: text('Region of the caller.'), to: text('Region that takes over.') },
  { anchor: 'LocalityLoadBalancerSetting-Failover' },
)

/** Locality preferences. */
export const LocalityLoadBalancerSetting = message(
  'LocalityLoadBalancerSetting',
  'Prefers hosts that are near the caller. Replaces the mesh-wide setting altogether. Fail-over needs outlier detection.',
  {
    distribute: list(LocalityDistribute, 'Fixed shares between localities. Not together with `failover`.'),
    failover: list(LocalityFailover, 'Which region takes over for which.'),
    failoverPriority: texts(
      'Labels, in order: the more of them a host shares with the caller, the higher its priority.',
      {
        example: '[topology.kubernetes.io/region, topology.kubernetes.io/zone]',
      },
    ),
    enabled: flag('Turns the setting on or off, whatever the mesh says.', {
      nullable: true,
      defaults: 'true',
    }),
  },
)

/** Zone aware routing. */
export const ZoneAwareLoadBalancerSetting = message(
  'ZoneAwareLoadBalancerSetting',
  'Keeps traffic in the zone of the caller as far as the load stays even. Not together with `localityLbSetting`.',
  {
    enabled: flag('Turns the setting on or off, whatever the mesh says.', { nullable: true }),
    failover: list(LocalityFailover, 'Which region takes over for which.'),
    failoverPriority: texts(
      'Labels, in order: the more of them a host shares with the caller, the higher its priority.',
    ),
    minClusterSize: uint32('Smallest number of hosts for which zones are considered.', {
      minimum: 1,
      nullable: true,
      defaults: '6',
    }),
  },
  { since: '1.31', stage: 'alpha' },
)

/** Load balancer. */
export const LoadBalancerSettings = message(
  'LoadBalancerSettings',
  'How a host is chosen among those of a destination.',
  {
    simple: field(SimpleLB, 'An algorithm without settings.', { defaults: 'LEAST_REQUEST' }),
    consistentHash: field(ConsistentHashLB, 'Same key, same host.'),
    backendUtilization: field(BackendUtilization, 'By reported utilization.'),
    localityLbSetting: field(LocalityLoadBalancerSetting, 'Preference for near hosts.'),
    zoneAwareLbSetting: field(ZoneAwareLoadBalancerSetting, 'Preference for the zone of the caller.'),
    warmupDurationSecs: duration('How long a host is new.', { deprecated: 'use `warmup.duration`' }),
    warmup: field(WarmupConfiguration, 'Less traffic for new hosts.'),
  },
  {
    oneOfs: [{ name: 'LoadBalancerPolicy', fields: ['simple', 'consistentHash', 'backendUtilization'] }],
    example: 'simple: ROUND_ROBIN',
  },
)
