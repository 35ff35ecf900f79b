import { AGE_COLUMN, defineKind } from '../kind.ts'
import { PolicySelector } from '../meta/selector.ts'
import { IstioStatus } from '../meta/status.ts'
import { PolicyTargetReference } from '../meta/target-reference.ts'
import { choice, field, freeForm, int32, list, message, text } from '../node.ts'
import { FailStrategy, moduleUrl, PluginType, PullPolicy, TrafficSelector, VmConfig } from './wasm.ts'

/** Place in the filter chain. */
export const PluginPhase = choice('PluginPhase', 'Where in the filter chain a plugin stands.', {
  UNSPECIFIED_PHASE: 'At the end, before the router.',
  AUTHN: 'Before Istio checks identities.',
  AUTHZ: 'Before Istio checks permissions, after identities.',
  STATS: 'Before Istio counts, after permissions.',
})

/** What a WasmPlugin says. */
export const WasmPluginSpec = message(
  'WasmPluginSpec',
  'A Wasm filter and the traffic it sees.',
  {
    selector: field(PolicySelector, 'Workloads it is for.', {
      defaults: 'all of the namespace; in the root namespace, all of the mesh',
    }),
    targetRef: field(PolicyTargetReference, 'What it is attached to.', { deprecated: 'use `targetRefs`' }),
    targetRefs: list(PolicyTargetReference, 'What it is attached to. Not together with `selector`.', {
      maxItems: 16,
    }),
    url: moduleUrl(
      'Address of the module: `oci://`, `http://`, `https://` or `file://`. Without a scheme it is an OCI image.',
      '["", "http", "https", "oci", "file"]',
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
    pluginConfig: freeForm('Configuration that the module gets, as JSON.', {
      example: '{ header: x-tenant }',
    }),
    pluginName: text('Name of the plugin in the VM (root id).', { minLength: 1, maxLength: 256 }),
    phase: field(PluginPhase, 'Where in the filter chain it stands.', { defaults: 'UNSPECIFIED_PHASE' }),
    priority: int32('Order within a phase: higher comes first.', { nullable: true, defaults: '0' }),
    failStrategy: field(FailStrategy, 'What happens when the module is missing or fails.', {
      defaults: 'FAIL_CLOSE',
    }),
    vmConfig: field(VmConfig, 'Settings of the VM.'),
    match: list(TrafficSelector, 'Traffic it sees; one of them must fit.', { defaults: 'all traffic' }),
    type: field(PluginType, 'Which kind of filter it is.', { defaults: 'HTTP' }),
  },
  {
    required: ['url'],
    anchor: 'WasmPlugin',
    rules: [
      {
        rule: '(has(self.selector) ? 1 : 0) + (has(self.targetRef) ? 1 : 0) + (has(self.targetRefs) ? 1 : 0) <= 1',
        message: 'only one of targetRefs or selector can be set',
      },
    ],
  },
)

/** The kind. */
export const WasmPlugin = defineKind({
  kind: 'WasmPlugin',
  group: 'extensions.istio.io',
  versions: ['v1alpha1'],
  plural: 'wasmplugins',
  scope: 'Namespaced',
  origin: 'istio',
  description: 'Adds a filter in the form of a Wasm module to the proxies of workloads.',
  docs: 'https://istio.io/latest/docs/reference/config/proxy_extensions/wasm-plugin/',
  parts: { spec: field(WasmPluginSpec, 'A Wasm filter and the traffic it sees.'), status: IstioStatus },
  required: ['spec'],
  printerColumns: [AGE_COLUMN],
  example: `apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata: { name: tenant-header }
spec:
  selector: { matchLabels: { app: reviews } }
  url: oci://registry.example.com/filters/tenant-header:1.0
  phase: AUTHN
  pluginConfig: { header: x-tenant }`,
})
