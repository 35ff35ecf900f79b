import type { IstioCode } from './messages.ts'

/** What to do about each message of Istio's table. */
export const istioHints: Readonly<Record<IstioCode, string>> = {
  IST0001: 'This is a bug of the analyzer: report it with the file that causes it.',
  IST0002: 'Use the replacement that the message names before an upgrade takes the field away.',
  IST0101: 'Create what is referenced, or correct its name and namespace.',
  IST0102:
    'Label the namespace istio-injection=enabled or istio.io/dataplane-mode=ambient, or say with istio-injection=disabled that it stays outside.',
  IST0103:
    'Restart the workload so that the injector sees its pods, or label the pod sidecar.istio.io/inject=false.',
  IST0106: 'Correct the field: the API server or the webhook would refuse the object.',
  IST0107:
    'Move the annotation to an object of the kind that it is for; for pods of a Deployment that is spec.template.metadata.',
  IST0108: 'Check the spelling in the list of annotations, or remove the annotation.',
  IST0109: 'Merge the VirtualServices, give them different hosts, or narrow exportTo.',
  IST0110: 'Make the workloadSelectors select different pods.',
  IST0111: 'Keep one Sidecar without workloadSelector in the namespace.',
  IST0112: 'Name the port in destination.port.number.',
  IST0116: 'Give the port the same protocol in all services that select these pods.',
  IST0118: 'Name the port <protocol>[-suffix], for example http-web, or set appProtocol.',
  IST0123: 'Keep one of the labels istio-injection, istio.io/rev and istio.io/dataplane-mode.',
  IST0125: 'Correct the value of the annotation.',
  IST0126: 'Use Kubernetes, or the name of a cluster with a remote secret.',
  IST0127: 'Correct the selector, or deploy the workload that it is meant for.',
  IST0128: 'Set caCertificates, or credentialName together with workloadSelector.',
  IST0129: 'Set caCertificates for the port, or credentialName together with workloadSelector.',
  IST0130: 'Remove the rule, change its match, or move it before the rule that takes its traffic.',
  IST0131: 'Remove the match, or move it before the one that covers it.',
  IST0132: 'Add the host to a server of the gateway, or correct the hosts of the VirtualService.',
  IST0133: 'Read the sentence: the object is accepted but may not do what you expect.',
  IST0134: 'Set addresses, name another protocol, or turn on automatic allocation of addresses.',
  IST0135: 'Use what replaced the annotation.',
  IST0136: 'Do not depend on the annotation in production.',
  IST0137: 'Use the same port for the same targetPort in all services that select these pods.',
  IST0138: 'Use one certificate for each gateway, or put the hosts in one Gateway.',
  IST0139:
    'Remove the webhook configuration that is left over, or install the control plane that it belongs to.',
  IST0140: 'Name the subset in the route of the VirtualService that is bound to the gateway as well.',
  IST0141:
    'Ask for the permission, or install with an account that has it. Only a cluster knows who may do what: files never lead to this message, istioctl x precheck does.',
  IST0142: 'Upgrade Kubernetes. Reported when the version is said (kubernetesVersion).',
  IST0143:
    'Let the application listen on 0.0.0.0 or on the address of the pod. Which address a process listens on is known to a running pod only: files never lead to this message, istioctl x precheck does.',
  IST0144: 'Run the application as another user.',
  IST0145: 'Put the hosts in one Gateway, make them disjoint, or use another port or workload.',
  IST0146: 'Add the label that an injection webhook selects to the pod template or its namespace.',
  IST0147: 'Create the pod where an injection webhook selects it, so that the image is filled in.',
  IST0148: 'Nothing to do if that is what you want; istio-injection=disabled keeps the namespace outside.',
  IST0149:
    'Apply a RequestAuthentication to the gateway: without one no token is validated and no claim exists.',
  IST0150:
    'Name the port after its protocol, for example https or tls-db; tcp is not enough for an ExternalName.',
  IST0151: 'Set spec.priority, or use INSERT_FIRST or ADD.',
  IST0152: 'Use MERGE, or apply the patch to HTTP_FILTER or NETWORK_FILTER.',
  IST0153: 'Use MERGE, or apply the patch to a VIRTUAL_HOST.',
  IST0154: 'Use MERGE; routes cannot be removed this way.',
  IST0155: 'Set spec.priority, or use INSERT_FIRST or ADD; the proxy version changes with an upgrade.',
  IST0156: 'Upgrade the CRDs of the Gateway API.',
  IST0157: 'Name a provider, or set defaultProviders in the mesh configuration.',
  IST0158: 'Restart the workloads so that their pods get the current proxy.',
  IST0159: 'Make the selectors select different pods.',
  IST0160: 'Keep one Telemetry without selector in the namespace.',
  IST0161:
    'Put a certificate and the matching key in the secret (tls.crt and tls.key), and renew it when it has expired.',
  IST0162: 'Add the port to the Service of the gateway, or use the targetPort that it has.',
  IST0163: 'Set the URL of the ingress gateway of the external control plane.',
  IST0164: 'Use a host name whose certificate can be checked.',
  IST0165: 'Refer to the Kubernetes Gateway from an HTTPRoute instead.',
  IST0166: 'Use targetRefs, which names the Gateway.',
  IST0167: 'Remove the policy, or apply it where it has an effect.',
  IST0168:
    'Read the note of the release; compatibilityVersion keeps the old default. No check reports this at present: what can be found out from configuration is IST0169.',
  IST0169:
    'Change the configuration before the upgrade, or set compatibilityVersion. Reported when it is said from which release (upgradeFrom).',
  IST0170:
    'Make the Service the same in all clusters. Reported when objects of further clusters are given (remoteClusters).',
  IST0171: 'Read reason and message of the condition and correct the object or what it refers to.',
  IST0172: 'Upgrade the CRDs of the Gateway API before the next release of Istio.',
  IST0173: 'Correct the labels of the subset, or deploy pods that have them.',
  IST0174: 'Correct the host, use its full name if it is in another namespace, or add a ServiceEntry.',
  IST0175: 'Set BLOCKED_CIDRS_IN_JWKS_URIS on istiod to the ranges that it must not connect to.',
  IST0176: 'Upgrade the CRDs of the Gateway API.',
  IST0177: 'Use one protocol for the host and port in all ServiceEntries.',
}
