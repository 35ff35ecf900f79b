import { type AdminHandler, OK } from '../handler.ts'

export const drainListeners: AdminHandler = {
  path: '/drain_listeners',
  method: 'POST',
  help: 'drain listeners',
  parameters: {
    graceful: 'enter a graceful drain period prior to closing listeners',
    inboundonly: 'drain inbound listeners only, by their traffic_direction',
  },
  handle({ query }, context) {
    context.drainListeners({ graceful: query.has('graceful'), inboundOnly: query.has('inboundonly') })
    return OK
  },
}

export const quitquitquit: AdminHandler = {
  path: '/quitquitquit',
  method: 'POST',
  help: 'exit the server',
  handle(_request, context) {
    context.quit()
    return OK
  },
}

export const healthcheckFail: AdminHandler = {
  path: '/healthcheck/fail',
  method: 'POST',
  help: 'cause the server to fail health checks',
  handle(_request, context) {
    context.setHealthy(false)
    return OK
  },
}

export const healthcheckOk: AdminHandler = {
  path: '/healthcheck/ok',
  method: 'POST',
  help: 'cause the server to pass health checks',
  handle(_request, context) {
    context.setHealthy(true)
    return OK
  },
}

export const resetCounters: AdminHandler = {
  path: '/reset_counters',
  method: 'POST',
  help: 'reset all counters to zero',
  handle(_request, context) {
    context.stats.forEach((stat) => {
      if (stat.kind === 'counter') stat.metric.value = 0
    })
    return OK
  },
}

export const reopenLogs: AdminHandler = {
  path: '/reopen_logs',
  method: 'POST',
  help: 'reopen access logs',
  handle(_request, context) {
    context.reopenLogs()
    return OK
  },
}
