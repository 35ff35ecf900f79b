import { buildRouteMap } from '@stricli/core'
import { agent } from './agent.ts'
import { controlPlane } from './control-plane.ts'
import { dev } from './dev.ts'
import { filterBuild } from './filter-build.ts'
import { proxy } from './proxy.ts'

/** Every command by name. A command's file declares its flags; what it does is loaded when it runs. */
export const commands = {
  dev,
  proxy,
  controlPlane,
  agent,
  filter: buildRouteMap({
    routes: { build: filterBuild },
    docs: { brief: 'Write and build Wasm filters' },
  }),
}
