import { inspect } from 'node:util'
import type { KubernetesObject } from '@batten/api'
import { BattenError } from '@batten/core'
import { callExport, loadModule, shownPath } from './render-load.ts'

/**
 * The objects that a file exports: its default export, or, without one, every other export that is an object of
 * Kubernetes or a list of them.
 *
 * The default export may be an object, a list (of lists), a map of objects by any names, a function that gives one of
 * these, or a promise of one.
 */
export async function renderedObjects(path: string): Promise<KubernetesObject[]> {
  const exports = await loadModule(path)
  const file = shownPath(path)
  const found =
    exports['default'] === undefined
      ? named(exports)
      : await settled(exports['default'], 'the default export', path)
  // A list may be empty on purpose; a file without any object is a mistake.
  if (found.length > 0 || exports['default'] !== undefined) return plain([...new Set(found)], file)
  throw new BattenError('CLI_RENDER', {
    message: `${file} exports no object of Kubernetes`,
    hint: 'export what the builders of @batten/api give: export default [virtualService({ ... })]',
  })
}

/** Objects among exports that have other uses as well. */
function named(exports: Readonly<Record<string, unknown>>): KubernetesObject[] {
  return Object.values(exports).flatMap((value) =>
    Array.isArray(value) ? named({ ...value }) : isObject(value) ? [value] : [],
  )
}

/** The objects in what is exported. One thing after the other: what is called may print, and may take its time. */
async function settled(value: unknown, what: string, path: string): Promise<KubernetesObject[]> {
  const given = isReady(value) ? value : await callExport(path, () => resultOf(value))
  if (isObject(given)) return [given]
  const parts = partsOf(given)
  if (parts !== undefined) {
    // A promise that fails while another is waited for is reported when its turn comes.
    for (const [, part] of parts) if (part instanceof Promise) part.catch(() => {})
    const out: KubernetesObject[] = []
    for (const [name, part] of parts) out.push(...(await settled(part, `${what}, ${name},`, path)))
    return out
  }
  throw new BattenError('CLI_RENDER', {
    message: `${shownPath(path)}: ${what} is no object of Kubernetes: ${shown(given)}`,
    hint: hintFor(given),
  })
}

/** Whether there is nothing to call and nothing to wait for. */
function isReady(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'function'
  return !('then' in value) && !isAsyncIterable(value)
}

async function resultOf(value: unknown): Promise<unknown> {
  const result: unknown = typeof value === 'function' ? await (value as () => unknown)() : await value
  return isAsyncIterable(result) ? await listOf(result) : result
}

/** Items of a list, or fields of a map of objects, by what messages call them. */
function partsOf(value: unknown): [name: string, part: unknown][] | undefined {
  if (isIterable(value)) return [...value].map((item, i) => [`item ${i + 1}`, item])
  if (typeof value !== 'object' || value === null) return undefined
  const isOther = ['build', 'apiVersion', 'kind'].some((key) => key in value)
  const isMap = Object.values(value).some((one) => typeof one === 'object' && one !== null)
  return isOther || !isMap
    ? undefined
    : Object.entries(value).map(([key, part]): [string, unknown] => [`key ${key}`, part])
}

async function listOf(values: AsyncIterable<unknown>): Promise<unknown[]> {
  const out: unknown[] = []
  for await (const value of values) out.push(value)
  return out
}

function hintFor(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'build' in value)
    return 'a route belongs into a VirtualService: virtualService({ name, hosts, http: [route(...)] })'
  return 'export what the builders of @batten/api give: export default [virtualService({ ... })]'
}

/** Objects as JSON has them; what JSON cannot say is an error and not lost in silence. */
function plain(objects: readonly KubernetesObject[], file: string): KubernetesObject[] {
  for (const object of objects) {
    const bad = notJson(object, '', new Set())
    if (bad === undefined) continue
    const name = `${object.kind} ${object.metadata?.name ?? ''}`.trimEnd()
    throw new BattenError('CLI_RENDER', {
      message: `${file}: ${name}: ${bad}`,
      hint: 'objects of Kubernetes are JSON: text, finite numbers, true, false, null, lists and maps',
    })
  }
  return objects.map((object) => JSON.parse(JSON.stringify(object)) as KubernetesObject)
}

function notJson(value: unknown, path: string, holders: Set<object>): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) return `${path} is ${value}`
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint')
    return `${path} is a ${typeof value}`
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return undefined
  if (holders.has(value)) return `${path} contains itself`
  holders.add(value)
  for (const [key, field] of Object.entries(value)) {
    const below = Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`
    const found = notJson(field, below, holders)
    if (found !== undefined) return found
  }
  holders.delete(value)
  return undefined
}

function isObject(value: unknown): value is KubernetesObject {
  if (typeof value !== 'object' || value === null) return false
  const { apiVersion, kind } = value as Partial<KubernetesObject>
  return typeof apiVersion === 'string' && typeof kind === 'string'
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

function shown(value: unknown): string {
  const text = inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 60 })
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
