import type { DebugHandler } from '../debug-handler.ts'

/** The list of pages, made from what the others say about themselves. */
export function createList(handlers: () => readonly DebugHandler[]): DebugHandler {
  return {
    path: '/debug/list',
    help: 'This list',
    handle: () => {
      const width = Math.max(...handlers().map(({ path }) => path.length)) + 2
      return {
        body: handlers()
          .map(({ path, help }) => `${path.padEnd(width)}${help}\n`)
          .join(''),
        links: handlers(),
      }
    },
  }
}
