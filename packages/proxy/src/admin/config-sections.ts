import {
  type Any,
  codec,
  type JsonObject,
  type Listener,
  type MessageName,
  type MessageTypes,
  messageToJson,
  TYPE_URLS,
} from '@batten/xds'
import type { ResourceFailure } from '../xds/dump.ts'
import type { AdminContext } from './handler.ts'
import { inlineRoutes } from './inline-routes.ts'

/** One entry of a config dump, with the name by which `name_regex` finds it. */
export interface DumpEntry {
  readonly name: string
  readonly json: JsonObject
}

/** A repeated field of a dump message: `dynamic_active_clusters`. */
export interface DumpField {
  readonly field: string
  /** Full name of the elements' message. */
  readonly type: string
  readonly entries: readonly DumpEntry[]
}

/** One message of a config dump: `ClustersConfigDump`. */
export interface DumpSection {
  readonly type: string
  readonly fields: readonly DumpField[]
  /** Fields that stand beside the repeated ones. */
  readonly extra?: JsonObject
}

const ADMIN = 'envoy.admin.v3.'

/** Everything that `/config_dump` can show, in Envoy's order. Key material is redacted. */
export function configSections(
  context: AdminContext,
  options: { readonly includeEds: boolean },
): DumpSection[] {
  const ecds = ecdsSection(context)
  return [
    bootstrapSection(context),
    clustersSection(context),
    ...(options.includeEds ? [endpointsSection(context)] : []),
    // As Envoy: there is no such section before a filter comes by discovery.
    ...(ecds.fields[0]!.entries.length > 0 ? [ecds] : []),
    listenersSection(context),
    { type: `${ADMIN}ScopedRoutesConfigDump`, fields: [] },
    routesSection(context),
    secretsSection(context),
  ]
}

function bootstrapSection(context: AdminContext): DumpSection {
  const bootstrap = { ...context.bootstrap.message, node: context.node }
  return {
    type: `${ADMIN}BootstrapConfigDump`,
    fields: [],
    extra: {
      bootstrap: json('envoy.config.bootstrap.v3.Bootstrap', bootstrap),
      last_updated: timestamp(context.startedMs),
    },
  }
}

function clustersSection({ config, bootstrap, startedMs }: AdminContext): DumpSection {
  const type = `${ADMIN}ClustersConfigDump`
  const fixed = bootstrap.staticResources.clusters.map((cluster) => ({
    name: cluster.name ?? '',
    json: {
      cluster: withType('envoy.config.cluster.v3.Cluster', cluster),
      last_updated: timestamp(startedMs),
    },
  }))
  const dynamic = (state: 'active' | 'warming') =>
    config.clusters.dump(state).map(({ name, version, value, updatedMs, failure }) => ({
      name,
      json: {
        version_info: version,
        cluster: fromAny({ typeUrl: TYPE_URLS.CDS, value }),
        last_updated: timestamp(updatedMs),
        ...failureJson(failure, TYPE_URLS.CDS),
      },
    }))
  return {
    type,
    fields: [
      { field: 'static_clusters', type: `${type}.StaticCluster`, entries: fixed.sort(byName) },
      {
        field: 'dynamic_active_clusters',
        type: `${type}.DynamicCluster`,
        entries: dynamic('active').sort(byName),
      },
      {
        field: 'dynamic_warming_clusters',
        type: `${type}.DynamicCluster`,
        entries: dynamic('warming').sort(byName),
      },
    ],
  }
}

function endpointsSection({ config }: AdminContext): DumpSection {
  const type = `${ADMIN}EndpointsConfigDump`
  const entries = config.endpoints.records.list().map(({ name, version, value, updatedMs, failure }) => ({
    name,
    json: {
      version_info: version,
      endpoint_config: fromAny({ typeUrl: TYPE_URLS.EDS, value }),
      last_updated: timestamp(updatedMs),
      ...failureJson(failure, TYPE_URLS.EDS),
    },
  }))
  return {
    type,
    fields: [{ field: 'dynamic_endpoint_configs', type: `${type}.DynamicEndpointConfig`, entries }],
  }
}

function byName(a: DumpEntry, b: DumpEntry): number {
  return a.name < b.name ? -1 : 1
}

function ecdsSection({ config }: AdminContext): DumpSection {
  const type = `${ADMIN}EcdsConfigDump`
  const entries = config.extensions.records.list().map(({ name, version, value, updatedMs, failure }) => ({
    name,
    json: {
      version_info: version,
      ecds_filter: fromAny({ typeUrl: TYPE_URLS.ECDS, value }),
      last_updated: timestamp(updatedMs),
      ...failureJson(failure, TYPE_URLS.ECDS),
    },
  }))
  return { type, fields: [{ field: 'ecds_filters', type: `${type}.EcdsFilterConfig`, entries }] }
}

function listenersSection({ config, bootstrap, startedMs }: AdminContext): DumpSection {
  const type = `${ADMIN}ListenersConfigDump`
  const fixed = bootstrap.staticResources.listeners.map((listener) => ({
    name: listener.name ?? '',
    json: {
      listener: withType('envoy.config.listener.v3.Listener', listener),
      last_updated: timestamp(startedMs),
    },
  }))
  const dynamic = config.listeners.dump().map(({ name, active, warming, failure }) => {
    const state = (resource: NonNullable<typeof active>): JsonObject => ({
      version_info: resource.version,
      listener: fromAny({ typeUrl: TYPE_URLS.LDS, value: resource.value }),
      last_updated: timestamp(resource.updatedMs),
    })
    return {
      name,
      json: {
        name,
        ...(active === undefined ? {} : { active_state: state(active) }),
        ...(warming === undefined ? {} : { warming_state: state(warming) }),
        ...failureJson(failure, TYPE_URLS.LDS),
      },
    }
  })
  return {
    type,
    fields: [
      { field: 'static_listeners', type: `${type}.StaticListener`, entries: fixed },
      { field: 'dynamic_listeners', type: `${type}.DynamicListener`, entries: dynamic },
    ],
  }
}

function routesSection({ config, bootstrap, startedMs }: AdminContext): DumpSection {
  const type = `${ADMIN}RoutesConfigDump`
  const inline = (listener: Listener, updatedMs: number): DumpEntry[] =>
    inlineRoutes(listener).map((route) => ({
      name: route.name ?? '',
      json: {
        route_config: withType('envoy.config.route.v3.RouteConfiguration', route),
        last_updated: timestamp(updatedMs),
      },
    }))
  const fixed = [
    ...bootstrap.staticResources.listeners.flatMap((listener) => inline(listener, startedMs)),
    ...config.listeners
      .dump()
      .flatMap(({ active }) =>
        active === undefined
          ? []
          : inline(codec('envoy.config.listener.v3.Listener').decode(active.value), active.updatedMs),
      ),
  ]
  const entries = config.routes.records.list().map(({ name, version, value, updatedMs, failure }) => ({
    name,
    json: {
      version_info: version,
      route_config: fromAny({ typeUrl: TYPE_URLS.RDS, value }),
      last_updated: timestamp(updatedMs),
      ...failureJson(failure, TYPE_URLS.RDS),
    },
  }))
  return {
    type,
    fields: [
      { field: 'static_route_configs', type: `${type}.StaticRouteConfig`, entries: fixed },
      { field: 'dynamic_route_configs', type: `${type}.DynamicRouteConfig`, entries },
    ],
  }
}

function secretsSection({ config, bootstrap, secrets, startedMs }: AdminContext): DumpSection {
  const type = `${ADMIN}SecretsConfigDump`
  const message = 'envoy.extensions.transport_sockets.tls.v3.Secret'
  const fixed = bootstrap.staticResources.secrets.map((secret) => ({
    name: secret.name ?? '',
    json: { name: secret.name ?? '', last_updated: timestamp(startedMs), secret: withType(message, secret) },
  }))
  const dynamic = config.secrets.dump().map(({ name, version, updatedMs }) => {
    const secret = secrets.get(name)
    const bytes = (text: string) => ({ inlineBytes: Buffer.from(text, 'latin1') })
    return {
      name,
      json: {
        name,
        version_info: version,
        last_updated: timestamp(updatedMs),
        secret: withType(message, {
          name,
          ...(secret?.kind === 'certificate'
            ? {
                tlsCertificate: {
                  certificateChain: bytes(secret.certificateChain),
                  privateKey: bytes('redacted'),
                },
              }
            : {}),
          ...(secret?.kind === 'validation'
            ? { validationContext: { trustedCa: bytes(secret.trustedCa) } }
            : {}),
        }),
      },
    }
  })
  return {
    type,
    fields: [
      { field: 'static_secrets', type: `${type}.StaticSecret`, entries: fixed },
      { field: 'dynamic_active_secrets', type: `${type}.DynamicSecret`, entries: dynamic },
    ],
  }
}

function failureJson(failure: ResourceFailure | undefined, typeUrl: string): JsonObject {
  if (failure === undefined) return {}
  return {
    error_state: {
      failed_configuration: fromAny({ typeUrl, value: failure.value }),
      last_update_attempt: timestamp(failure.failedMs),
      details: failure.message,
      version_info: failure.version,
    },
    client_status: 'NACKED',
  }
}

/** A message with its type, as an `Any` is printed. */
function withType<N extends MessageName>(name: N, message: MessageTypes[N]): JsonObject {
  return { '@type': `type.googleapis.com/${name}`, ...json(name, message) }
}

/** An `Any` from the network; one that cannot be printed is shown by its type only. */
function fromAny(any: Any): JsonObject {
  try {
    return json('google.protobuf.Any', any)
  } catch {
    return { '@type': any.typeUrl ?? '' }
  }
}

function json<N extends MessageName>(name: N, message: MessageTypes[N]): JsonObject {
  return messageToJson(name, message, { snakeCase: true, redact: true }) as JsonObject
}

/** RFC 3339 with milliseconds. */
function timestamp(ms: number): string {
  return new Date(ms).toISOString()
}
