import { LOG_LEVELS } from '@batten/core'
import type { AdminContext, AdminHandler } from '../handler.ts'

export const logging: AdminHandler = {
  path: '/logging',
  method: 'POST',
  help: 'query/change logging levels',
  parameters: {
    level: `desired logging level, this will change all loggers's level; One of (${LOG_LEVELS.join(', ')})`,
    paths:
      'Change multiple logging levels by setting to <logger_name1>:<desired_level1>,<logger_name2>:<desired_level2>',
    '<logger>': 'the desired level of one logger and of those below it',
  },
  handle({ query }, context) {
    const { logs } = context
    if (logs === undefined) return { status: 501, body: 'the log of this proxy has no levels to change\n' }
    try {
      for (const [name, value] of query) {
        if (name === 'level') logs.setLevels(value)
        else if (name === 'paths') logs.setLevels(value)
        else if (logs.scopes.has(name)) logs.setLevels(`${name}:${value}`)
        else return { status: 400, body: `error: unknown logger name\n${usage(context)}` }
      }
    } catch (thrown) {
      return { status: 400, body: `error: ${(thrown as Error).message}\n` }
    }
    return { body: usage(context) }
  },
}

function usage({ logs }: AdminContext): string {
  const lines = [...(logs?.scopes ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))
  return `active loggers:\n${lines.map(([name, logger]) => `  ${name || 'default'}: ${logger.level}\n`).join('')}`
}
