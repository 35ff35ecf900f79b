import type { DebugHandler } from '../debug-handler.ts'
import { configDump } from './config-dump.ts'
import { configz } from './configz.ts'
import { connections } from './connections.ts'
import { endpointz } from './endpointz.ts'
import { findings } from './findings.ts'
import { createList } from './list.ts'
import { mesh } from './mesh.ts'
import { metrics } from './metrics.ts'
import { pushStatus } from './push-status.ts'
import { ready } from './ready.ts'
import { registryz } from './registryz.ts'
import { syncz } from './syncz.ts'
import { version } from './version.ts'

/** All pages, in the order of `/debug/list`: first what operators open most. */
export const DEBUG_HANDLERS: readonly DebugHandler[] = [
  syncz,
  configDump,
  configz,
  findings,
  registryz,
  endpointz,
  connections,
  pushStatus,
  mesh,
  createList(() => DEBUG_HANDLERS),
  metrics,
  ready,
  version,
]
