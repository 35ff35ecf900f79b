import { choice, field, integer, list, message, text } from '../node.ts'

/** When a module is fetched. */
export const PullPolicy = choice('PullPolicy', 'When a Wasm module is fetched.', {
  UNSPECIFIED_POLICY: 'IfNotPresent, but Always for an OCI image with the tag `latest`.',
  IfNotPresent: 'Once; afterwards the copy is used.',
  Always: 'Whenever the configuration changes.',
})

/** What happens when a filter fails. */
export const FailStrategy = choice(
  'FailStrategy',
  'What happens to traffic when a Wasm module is missing or fails.',
  {
    FAIL_CLOSE: 'Requests are answered with an error.',
    FAIL_OPEN: 'The filter is skipped.',
    FAIL_RELOAD: 'The module is started again; meanwhile as FAIL_CLOSE.',
  },
)

/** Kind of filter. */
export const PluginType = choice('PluginType', 'Which kind of filter a Wasm module is.', {
  UNSPECIFIED_PLUGIN_TYPE: 'As HTTP.',
  HTTP: 'A filter for HTTP requests.',
  NETWORK: 'A filter for connections.',
})

/** Side of a connection. */
export const WorkloadMode = choice('WorkloadMode', 'Side of the connection that a workload is on.', {
  UNDEFINED: 'As CLIENT_AND_SERVER.',
  CLIENT: 'The workload calls.',
  SERVER: 'The workload is called. At gateways also this one.',
  CLIENT_AND_SERVER: 'Both.',
})

/** Where a variable comes from. */
export const EnvValueSource = choice(
  'EnvValueSource',
  'Where the value of an environment variable comes from.',
  {
    INLINE: 'From `value`.',
    HOST: 'From the environment of the proxy.',
  },
)

/** One environment variable. */
export const EnvVar = message(
  'EnvVar',
  'An environment variable of a Wasm VM.',
  {
    name: text('Name of the variable, unique in the list.', { minLength: 1, maxLength: 256 }),
    valueFrom: field(EnvValueSource, 'Where the value comes from.', { defaults: 'INLINE' }),
    value: text('The value. Only with INLINE.', { maxLength: 2048 }),
  },
  {
    required: ['name'],
    rules: [
      {
        rule: '(has(self.valueFrom) ? self.valueFrom : "") != "HOST" || !has(self.value)',
        message: 'value may only be set when valueFrom is INLINE',
      },
    ],
  },
)

/** Settings of the VM. */
export const VmConfig = message('VmConfig', 'Settings of the VM that runs a Wasm module.', {
  env: list(EnvVar, 'Environment variables.', { maxItems: 256, listKeys: ['name'] }),
})

/** A port. */
export const ExtensionPort = message(
  'ExtensionPort',
  'A port by its number.',
  { number: integer('Number of the port.', { minimum: 1, maximum: 65535 }) },
  { required: ['number'], anchor: 'PortSelector' },
)

/** Which traffic an extension sees. */
export const TrafficSelector = message(
  'TrafficSelector',
  'Which traffic an extension sees: by side of the connection and by port.',
  {
    mode: field(WorkloadMode, 'Side of the connection.', { defaults: 'CLIENT_AND_SERVER' }),
    ports: list(ExtensionPort, 'Ports.', { listKeys: ['number'], defaults: 'all' }),
  },
  { example: 'mode: SERVER\nports: [{ number: 8080 }]' },
)

/** The rule on a module's address; the order of the schemes differs between the two kinds that have it. */
export function moduleUrl(description: string, schemes: string) {
  return text(description, {
    minLength: 1,
    rules: [
      {
        rule: `isURL(self) ? (url(self).getScheme() in ${schemes}) : (isURL("http://" + self) &&\nurl("http://" + self).getScheme() in ${schemes})`,
        message: 'url must have schema one of [http, https, file, oci]',
      },
    ],
    example: 'oci://registry.example.com/filters/auth:1.2',
  })
}
