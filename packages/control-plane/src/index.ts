/**
 * The Batten control plane: Istio configuration in, Envoy xDS and workload certificates out.
 *
 * {@link createControlPlane} runs one (or several) inside a process; {@link runControlPlane} is what
 * `batten control-plane` does.
 *
 * @packageDocumentation
 */

export { CertificateAuthority, type KeyAndCertificate } from './ca/authority.ts'
export {
  createDevelopmentTokens,
  type DevelopmentTokens,
  type DevelopmentTokensOptions,
  type TokenRequest,
} from './ca/development-tokens.ts'
export { loadPluggedInAuthority } from './ca/plugged-in.ts'
export { createSelfSignedAuthority, SelfSignedAuthority, type SelfSignedOptions } from './ca/self-signed.ts'
export { formatSpiffeId, parseSpiffeId, type SpiffeId, type WorkloadIdentity } from './ca/spiffe-id.ts'
export { JwtAuthenticator, type JwtAuthenticatorOptions, type TokenAuthenticator } from './ca/tokens.ts'
export { type ControlPlane, type ControlPlaneOptions, createControlPlane } from './control-plane.ts'
export { CONTROL_PLANE_ERRORS, type ControlPlaneErrorCode } from './errors.ts'
export { FileSource, type FileSourceOptions } from './ingest/files/file-source.ts'
export { MemorySource } from './ingest/memory/memory-source.ts'
export { type RunControlPlaneOptions, runControlPlane } from './main.ts'
export { ControlPlaneMetrics } from './metrics.ts'
export type { Finding, FindingSeverity } from './model/finding.ts'
export { DEFAULT_MESH_CONFIG, type MeshConfig, parseMeshConfig } from './model/mesh-config.ts'
export { createModel, type Model, type ModelOptions } from './model/model.ts'
export type { NodeCapabilities, NodeType, XdsNode } from './model/node.ts'
export { objectKey } from './model/object-key.ts'
export type { Resource, ResourceView } from './model/resource.ts'
export type { MeshSnapshot } from './model/snapshot.ts'
export type { ObjectBatch, ObjectSink, ObjectSource, Origin } from './model/source.ts'
export { type ControlPlaneSettings, type JwtRule, printSettings, readSettings } from './options.ts'
export type { AckEvent, PushEvent, SettledEvent } from './serve/stream-events.ts'
export { createTranslator, type Translator } from './translate/translator.ts'
