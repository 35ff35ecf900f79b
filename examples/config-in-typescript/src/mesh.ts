import type { KubernetesObject } from '@batten/api'
import { edge } from './gateway.ts'
import { routes } from './routes.ts'
import { security } from './security.ts'
import { services } from './services.ts'
import type { Settings } from './settings.ts'

/** Everything that the shop has in a cluster. */
export function mesh(settings: Settings): KubernetesObject[] {
  return [...services(), ...edge(settings), ...routes(settings), ...security()]
}
