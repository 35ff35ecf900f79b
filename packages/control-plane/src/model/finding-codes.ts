/**
 * Codes of everything that the control plane finds in configuration, besides those of `@batten/api`. A code never
 * changes its meaning.
 */
export const FINDING_CODES = {
  CP_ADDRESS_UNUSABLE:
    'A WorkloadEntry has an address that its service cannot use: a name without DNS, or a socket with it.',
  CP_DUPLICATE_OBJECT: 'Two documents define the same object.',
  CP_FILE_UNREADABLE: 'A file or directory of the configuration cannot be read.',
  CP_GATEWAY_CONFLICT:
    'A server of a Gateway wants the port of an older one for another protocol, or a host of its TLS.',
  CP_GATEWAY_UNKNOWN: 'A VirtualService names a Gateway that is not there.',
  CP_GATEWAY_WITHOUT_PROXY: 'No workload has the labels that a Gateway selects.',
  CP_HOST_UNKNOWN: 'A route or rule names a host that no Service and no ServiceEntry has.',
  CP_MESH_CONFIG_INVALID:
    'The mesh configuration has a value that cannot be used, or a field that has no effect yet.',
  CP_PORT_UNKNOWN: 'A route names a port that the service does not have.',
  CP_PROXY_REJECTED: 'A proxy refused a resource that was made of the configuration; it keeps the last one.',
  CP_SECRET_UNUSABLE:
    'The Secret that a server of a Gateway names is not there, or holds no usable certificate.',
  CP_SERVICE_ENTRY_CONFLICT:
    'A ServiceEntry has a host that an older one, or a Service, of its namespace has with the same port.',
  CP_SUBSET_UNDEFINED: 'A route names a subset that no DestinationRule defines.',
  CP_TRANSLATION_FAILED:
    'A resource could not be made of the configuration; the message says of which object.',
  CP_UNSUPPORTED_FIELD: 'A field has no effect yet; the message says what happens instead.',
  CP_UNSUPPORTED_KIND: 'An object is of a kind that has no effect yet; the message says what that means.',
  CP_VIRTUAL_SERVICE_CONFLICT: 'Several VirtualServices have the same host; sidecars use the oldest.',
  CP_WASM_UNAVAILABLE:
    'The module of a WasmPlugin cannot be fetched, is not the expected one, or is damaged.',
} as const

/** A code of {@link FINDING_CODES}. */
export type FindingCode = keyof typeof FINDING_CODES
