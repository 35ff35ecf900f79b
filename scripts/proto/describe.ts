import protobuf from 'protobufjs'

/** What the generator keeps of a field. */
export interface FieldDescription {
  /** The .proto name, snake_case. */
  readonly name: string
  readonly number: number
  /** A scalar (`string`), a full name, or `map<key,value>`. */
  readonly type: string
  /** Full name of the message or enum that `type` mentions. */
  readonly reference: string | undefined
  readonly repeated: boolean
  /** `optional` in proto3: a default value is told from no value. */
  readonly presence: boolean
  /** Marked `udpa.annotations.sensitive`: never shown. */
  readonly sensitive: boolean
  readonly deprecated: boolean
  readonly oneof: string | undefined
}

export interface MessageDescription {
  /** Package, then the message's own name with its parents: `envoy.config.route.v3` + `Route.Tracing`. */
  readonly packageName: string
  readonly nestedName: string
  readonly fields: readonly FieldDescription[]
}

export interface EnumDescription {
  readonly packageName: string
  readonly nestedName: string
  readonly values: readonly (readonly [string, number])[]
}

export function describeMessage(type: protobuf.Type): MessageDescription {
  const fields = type.fieldsArray.map(describeField).sort((a, b) => a.number - b.number)
  return { ...nameOf(type), fields }
}

export function describeEnum(type: protobuf.Enum): EnumDescription {
  const values = Object.entries(type.values).sort(([, a], [, b]) => a - b)
  return { ...nameOf(type), values }
}

function describeField(field: protobuf.Field): FieldDescription {
  const resolved = field.resolve()
  const reference = resolved.resolvedType?.fullName.slice(1)
  const value = reference ?? resolved.type
  const type = resolved instanceof protobuf.MapField ? `map<${resolved.keyType},${value}>` : value
  const options = resolved.options ?? {}
  // proto3 `optional` is a oneof of one field, named `_field`, in descriptors.
  const synthetic = options['proto3_optional'] === true
  return {
    name: snakeCase(resolved.name),
    number: resolved.id,
    type,
    reference,
    repeated: resolved.repeated,
    presence: synthetic,
    sensitive:
      options['(udpa.annotations.sensitive)'] === true || options['(xds.annotations.v3.sensitive)'] === true,
    deprecated: options['deprecated'] === true,
    oneof: synthetic ? undefined : resolved.partOf?.name,
  }
}

/** The well-known types that are compiled into protobufjs have camelCase names whatever `keepCase` says. */
function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

function nameOf(type: protobuf.ReflectionObject): { packageName: string; nestedName: string } {
  const nested = [type.name]
  let parent = type.parent
  while (parent instanceof protobuf.Type) {
    nested.unshift(parent.name)
    parent = parent.parent
  }
  return { packageName: parent!.fullName.slice(1), nestedName: nested.join('.') }
}
