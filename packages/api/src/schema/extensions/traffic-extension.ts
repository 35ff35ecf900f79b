import { AGE_COLUMN, defineKind } from '../kind.ts'
import { PolicySelector } from '../meta/selector.ts'
import { IstioStatus } from '../meta/status.ts'
import { PolicyTargetReference } from '../meta/target-reference.ts'
import { choice, field, freeForm, int32, list, message, text } from '../node.ts'
import { FailStrategy, moduleUrl, PluginType, PullPolicy, TrafficSelector, VmConfig } from './wasm.ts'

/** Place in the filter chain. */
export const ExecutionPhase = choice('ExecutionPhase', 'Where in the filter chain an extension stands.', {
  UNSPECIFIED: 'At the end, before the router.',
  AUTHN: 'Before Istio checks identities.',
  AUTHZ: 'Before Istio checks permissions, after identities.',
  STATS: 'Before Istio counts, after permissions.',
})

/** A Wasm filter. */
export const WasmConfig = message(
  'WasmConfig',
  'A filter in the form of a Wasm module.',
  {
    url: moduleUrl(
      'Address of the module: `oci://`, `http://`, `https://` or `file://`. Without a scheme it is an OCI image.',
      '["", "http", "https", "file", "oci"]',
    ),
    sha256: text('SHA-256 of the module, or of the OCI image. Checked when it is fetched.', {
      pattern: '(^$|^[a-f0-9]{64}$)',
    }),
    imagePullPolicy: field(PullPolicy, 'When the module is fetched.', {
      defaults: 'IfNotPresent, but Always for an OCI image with the tag `latest`',
    }),
    imagePullSecret: text('Secret with credentials for the registry, in the namespace of the object.', {
      minLength: 1,
      maxLength: 253,
    }),
    verificationKey: text('Reserved.'),
    pluginConfig: freeForm('Configuration that the module gets, as JSON.'),
    pluginName: text('Name of the plugin in the VM (root id).', { minLength: 1, maxLength: 256 }),
    failStrategy: field(FailStrategy, 'What happens when the module is missing or fails.', {
      defaults: 'FAIL_CLOSE',
    }),
    vmConfig: field(VmConfig, 'Settings of the VM.'),
    type: field(PluginType, 'Which kind of filter it is.', { defaults: 'HTTP' }),
  },
  { required: ['url'], example: 'url: oci://registry.example.com/filters/auth:1.2' },
)

/** A Lua filter. */
export const LuaConfig = message(
  'LuaConfig',
  'A filter in Lua.',
  { inlineCode: text('The code.', { minLength: 1, maxLength: 65536 }) },
  { required: ['inlineCode'] },
)

/** What a TrafficExtension says. */
export const TrafficExtensionSpec = message(
  'TrafficExtensionSpec',
  'A filter in Wasm or Lua, and the traffic it sees.',
  {
    selector: field(PolicySelector, 'Workloads it is for.', {
      defaults: 'all of the namespace; in the root namespace, all of the mesh',
    }),
    targetRefs: list(PolicyTargetReference, 'What it is attached to. Not together with `selector`.', {
      maxItems: 16,
    }),
    phase: field(ExecutionPhase, 'Where in the filter chain it stands.', { defaults: 'UNSPECIFIED' }),
    priority: int32('Order within a phase: higher comes first.', { nullable: true, defaults: '0' }),
    match: list(TrafficSelector, 'Traffic it sees; one of them must fit.', { defaults: 'all traffic' }),
    wasm: field(WasmConfig, 'The filter is a Wasm module.'),
    lua: field(LuaConfig, 'The filter is written in Lua.'),
  },
  {
    anchor: 'TrafficExtension',
    oneOfs: [{ name: 'TrafficExtensionFilter', fields: ['wasm', 'lua'], mustBeSet: true }],
    rules: [
      {
        rule: '(has(self.selector) ? 1 : 0) + (has(self.targetRefs) ? 1 : 0) <= 1',
        message: 'only one of targetRefs or selector can be set',
      },
      { rule: 'has(self.wasm) != has(self.lua)', message: 'exactly one of wasm or lua must be set' },
    ],
  },
)

/** The kind. */
export const TrafficExtension = defineKind({
  kind: 'TrafficExtension',
  group: 'extensions.istio.io',
  versions: ['v1alpha1'],
  plural: 'trafficextensions',
  scope: 'Namespaced',
  origin: 'istio',
  description: 'Adds a filter in Wasm or Lua to the proxies of workloads. Successor of WasmPlugin.',
  docs: 'https://istio.io/latest/docs/reference/config/proxy_extensions/traffic_extension/',
  parts: { spec: field(TrafficExtensionSpec, 'A filter and the traffic it sees.'), status: IstioStatus },
  required: ['spec'],
  printerColumns: [AGE_COLUMN],
  example: `apiVersion: extensions.istio.io/v1alpha1
kind: TrafficExtension
metadata: { name: greet }
spec:
  selector: { matchLabels: { app: reviews } }
  lua:
    inlineCode: |
      function envoy_on_response(handle)
        handle:headers():add("x-greeting", "hello")
      end`,
})
