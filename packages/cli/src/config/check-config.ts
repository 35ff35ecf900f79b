import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { BattenConfig } from './define-config.ts'

/** What is wrong with one field: `workloads.web.command must be a list of texts`. */
type Problem = string

const FIELDS: Readonly<Record<keyof BattenConfig, (value: unknown, root: string) => Problem | undefined>> = {
  config: (value) => listOfTexts('config', value),
  workloads: workloadsProblem,
  filters: (value) => listOfTexts('filters', value),
  gatewayPort: (value) =>
    isPort(value) ? undefined : `gatewayPort must be a port, 0 to 65535; it is ${show(value)}`,
  landingPath: (value) =>
    typeof value === 'string' && value.startsWith('/')
      ? undefined
      : `landingPath must be a path that begins with "/"; it is ${show(value)}`,
}

/**
 * The first thing that is wrong with what a configuration file exports, in words; undefined when it is a
 * {@link BattenConfig}. Files are not type-checked when they are loaded, and some are JavaScript.
 */
export function configProblem(config: object, root: string): Problem | undefined {
  const unknown = Object.keys(config).find((name) => !Object.hasOwn(FIELDS, name))
  if (unknown !== undefined)
    return `unknown field ${JSON.stringify(unknown)}${suggestion(unknown, Object.keys(FIELDS))}`
  for (const [name, value] of Object.entries(config)) {
    const problem = value === undefined ? undefined : FIELDS[name as keyof BattenConfig](value, root)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** Whether a value is a number that a program can listen on; 0 is any. */
export function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535
}

const WORKLOAD_FIELDS = ['command', 'cwd', 'env']

function workloadsProblem(value: unknown, root: string): Problem | undefined {
  if (!isRecord(value)) return `workloads must be an object of commands by Deployment; it is ${show(value)}`
  for (const [deployment, workload] of Object.entries(value)) {
    const problem = workloadProblem(workload, root)
    if (problem !== undefined) return `workloads[${JSON.stringify(deployment)}]${problem}`
  }
  return undefined
}

function workloadProblem(workload: unknown, root: string): Problem | undefined {
  if (!isRecord(workload)) return ` must be an object such as { command: ['node', 'server.ts'] }`
  const unknown = Object.keys(workload).find((name) => !WORKLOAD_FIELDS.includes(name))
  if (unknown !== undefined)
    return `: unknown field ${JSON.stringify(unknown)}${suggestion(unknown, WORKLOAD_FIELDS)}`
  const { command, cwd = '.', env = {} } = workload
  if (!isTexts(command) || command.length === 0 || command[0] === '')
    return `.command must be a list of program and arguments such as ['node', 'server.ts']; it is ${show(command)}`
  if (typeof cwd !== 'string' || !isFolder(resolve(root, cwd))) return `.cwd is no folder: ${show(cwd)}`
  const variable = isRecord(env)
    ? Object.keys(env).find((name) => env[name] !== undefined && typeof env[name] !== 'string')
    : ''
  return variable === undefined ? undefined : `.env must be an object of texts, as in { LOG_LEVEL: 'debug' }`
}

function listOfTexts(name: string, value: unknown): Problem | undefined {
  return isTexts(value) ? undefined : `${name} must be a list of paths; it is ${show(value)}`
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((part) => typeof part === 'string')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** A value as the file would write it, short. */
function show(value: unknown): string {
  const text = typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value))
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

/** `; did you mean "workloads"?` for a name that begins or ends like a known one. */
function suggestion(name: string, known: readonly string[]): string {
  const near = known.find((one) => {
    const [a, b] = [one.toLowerCase(), name.toLowerCase()]
    return a.startsWith(b.slice(0, 3)) || (b.length > 3 && a.endsWith(b.slice(-4)))
  })
  return near === undefined ? `; there are ${known.join(', ')}` : `; did you mean ${JSON.stringify(near)}?`
}
