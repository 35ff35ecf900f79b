import type { Project } from '../config/load-config.ts'
import type { ChildSpec } from './child.ts'
import type { RunDirectory } from './run-directory.ts'

export interface ControlPlanePorts {
  readonly xds: number
  readonly tls: number
  readonly debug: number
}

/** The control plane of a run: it reads the project's files and the platform objects, and keeps its keys in the run's folder. */
export function controlPlaneCommand(
  cli: string,
  project: Project,
  run: RunDirectory,
  ports: ControlPlanePorts,
): ChildSpec {
  return {
    name: 'control plane',
    command: [
      'node',
      cli,
      'control-plane',
      ...project.configPaths.flatMap((path) => ['--config', path]),
      '--config',
      run.resolve('platform', 'objects.yaml'),
      '--state-dir',
      run.resolve('control-plane', 'root-cert.pem').replace(/\/root-cert\.pem$/, ''),
      '--xds-port',
      String(ports.xds),
      '--tls-port',
      String(ports.tls),
      '--debug-port',
      String(ports.debug),
      '--parent-watch',
    ],
    cwd: project.root,
    env: process.env,
  }
}
