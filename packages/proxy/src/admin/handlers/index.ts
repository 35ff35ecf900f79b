import type { AdminHandler } from '../handler.ts'
import { certs } from './certs.ts'
import { clusters } from './clusters.ts'
import { configDump } from './config-dump.ts'
import { helpText } from './help.ts'
import { home } from './home.ts'
import {
  drainListeners,
  healthcheckFail,
  healthcheckOk,
  quitquitquit,
  reopenLogs,
  resetCounters,
} from './lifecycle.ts'
import { listeners } from './listeners.ts'
import { logging } from './logging.ts'
import { memory } from './memory.ts'
import { ready } from './ready.ts'
import { serverInfo } from './server-info.ts'
import { stats, statsPrometheus } from './stats.ts'

const help: AdminHandler = {
  path: '/help',
  method: 'GET',
  help: 'print out list of admin commands',
  handle: () => ({ body: helpText(ADMIN_HANDLERS) }),
}

const start: AdminHandler = {
  path: '/',
  method: 'GET',
  help: 'Admin home page',
  handle: () => home(ADMIN_HANDLERS),
}

/** Every admin page. Paths and forms are Envoy's, so that existing tools and runbooks work. */
export const ADMIN_HANDLERS: readonly AdminHandler[] = [
  start,
  certs,
  clusters,
  configDump,
  drainListeners,
  healthcheckFail,
  healthcheckOk,
  help,
  listeners,
  logging,
  memory,
  quitquitquit,
  ready,
  reopenLogs,
  resetCounters,
  serverInfo,
  stats,
  statsPrometheus,
]
