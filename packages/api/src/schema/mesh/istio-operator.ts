import { defineKind } from '../kind.ts'
import { field, flag, freeForm, list, map, message, text } from '../node.ts'
import { MeshConfig } from './mesh-config.ts'

const component = {
  enabled: flag('Whether it is installed.'),
  namespace: text('Its namespace.'),
  hub: text('Registry of its image.'),
  tag: text('Tag of its image.'),
  k8s: freeForm('Settings of its objects in Kubernetes.'),
}

/** A part of an installation. */
export const ComponentSpec = message('ComponentSpec', 'A part of the installation.', component, {
  open: true,
})

/** A gateway of an installation. */
export const GatewayComponentSpec = message(
  'GatewayComponentSpec',
  'A gateway of the installation.',
  { ...component, name: text('Name of the gateway.'), label: map(text(''), 'Labels of the gateway.') },
  { open: true },
)

/** Parts of an installation. */
export const IstioComponentSetSpec = message('IstioComponentSetSpec', 'Parts of the installation.', {
  base: field(ComponentSpec, 'CRDs and roles.'),
  pilot: field(ComponentSpec, 'The control plane.'),
  cni: field(ComponentSpec, 'The CNI plug-in.'),
  ztunnel: field(ComponentSpec, 'The node proxy.'),
  istiodRemote: field(ComponentSpec, 'What a remote cluster needs.'),
  ingressGateways: list(GatewayComponentSpec, 'Gateways for what comes in.'),
  egressGateways: list(GatewayComponentSpec, 'Gateways for what goes out.'),
})

/** What an IstioOperator says. */
export const IstioOperatorSpec = message(
  'IstioOperatorSpec',
  'What is installed and how.',
  {
    profile: text('Profile it begins with: default, demo, minimal, ambient, …', { defaults: 'default' }),
    installPackagePath: text('Folder of charts.'),
    hub: text('Registry of images.'),
    tag: text('Tag of images.'),
    namespace: text('Namespace of the control plane.', { defaults: 'istio-system' }),
    revision: text('Revision of the control plane.'),
    compatibilityVersion: text('Version whose defaults are kept.'),
    meshConfig: field(MeshConfig, 'Settings of the mesh.'),
    components: field(IstioComponentSetSpec, 'Parts of the installation.'),
    values: freeForm('Values of the charts.'),
    unvalidatedValues: freeForm('Values of the charts that are not looked at.'),
  },
  { open: true },
)

/** The kind. It is read by the command line only. */
export const IstioOperator = defineKind({
  kind: 'IstioOperator',
  group: 'install.istio.io',
  versions: ['v1alpha1'],
  plural: 'istiooperators',
  shortNames: ['iop', 'io'],
  scope: 'Namespaced',
  origin: 'document',
  description: 'An installation, as the command line reads it.',
  docs: 'https://istio.io/latest/docs/reference/config/istio.operator.v1alpha1/',
  parts: { spec: field(IstioOperatorSpec, 'What is installed and how.'), status: freeForm('State.') },
})
