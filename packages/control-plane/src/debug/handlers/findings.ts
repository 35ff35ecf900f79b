import type { DebugHandler } from '../debug-handler.ts'

/** What is wrong with the configuration now. */
export const findings: DebugHandler = {
  path: '/debug/findings',
  help: 'What is wrong with the configuration: code, object, field, file and line, hint',
  handle: (_, { findings }) => ({ body: findings() }),
}
