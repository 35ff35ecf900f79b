import { buildRouteMap } from '@stricli/core'
import { agent } from './agent.ts'
import { analyze } from './analyze.ts'
import { controlPlane } from './control-plane.ts'
import { convert } from './convert.ts'
import { crds } from './crds.ts'
import { dev } from './dev.ts'
import { explain } from './explain.ts'
import { filterBuild } from './filter-build.ts'
import { proxy } from './proxy.ts'
import { render } from './render.ts'
import { validateCommand } from './validate.ts'

/** Every command by name. A command's file declares its flags; what it does is loaded when it runs. */
export const commands = {
  dev,
  proxy,
  controlPlane,
  agent,
  validate: validateCommand,
  analyze,
  render,
  convert,
  crds,
  explain,
  filter: buildRouteMap({
    routes: { build: filterBuild },
    docs: { brief: 'Write and build Wasm filters' },
  }),
}
