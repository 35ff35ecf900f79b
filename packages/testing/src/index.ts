/**
 * Batten's test kit: a whole mesh in one process, servers and clients for tests, a clock that stands still, and the
 * harness that compares proxies.
 *
 * @packageDocumentation
 */

export { startBatten } from './batten-proxy.ts'
export {
  createMesh,
  type Mesh,
  type MeshOptions,
  type MeshResponse,
  type MeshWorkload,
} from './create-mesh.ts'
export { type DifferentialCase, loadCases } from './differential/case.ts'
export { DifferentialRun } from './differential/differential-run.ts'
export { type Difference, differences, type Observation } from './differential/observation.ts'
export type { ProxyUnderTest, StartProxy } from './differential/proxy-under-test.ts'
export { type Echo, EchoServer } from './echo-server.ts'
export { findEnvoy, startEnvoy } from './envoy.ts'
export { FakeClock } from './fake-clock.ts'
export { freePort } from './free-port.ts'
export { type LoadReport, SteadyLoad, type SteadyLoadOptions } from './steady-load.ts'
export { createTestCertificates, type TestCertificates } from './test-certificates.ts'
export type { TestWorkload } from './workload-objects.ts'
