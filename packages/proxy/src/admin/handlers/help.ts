import type { AdminHandler } from '../handler.ts'

/** The text of `/help`: every page with its parameters, sorted. */
export function helpText(handlers: readonly AdminHandler[]): string {
  const lines = [...handlers]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .flatMap(({ path, method, help, parameters }) => [
      `  ${path}${method === 'POST' ? ' (POST)' : ''}: ${help}\n`,
      ...Object.entries(parameters ?? {}).map(([name, text]) => `      ${name}: ${text}\n`),
    ])
  return `admin commands are:\n${lines.join('')}`
}
