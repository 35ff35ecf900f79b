import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type KubernetesObject, toYaml } from '@batten/api'
import { BattenError, errorMessage } from '@batten/core'
import type { RenderFlags } from '../commands/render.ts'
import { EXIT, printError } from '../main.ts'

/** Prints the objects that TypeScript files export. */
export async function runRender(flags: RenderFlags, ...files: string[]): Promise<void> {
  try {
    const objects: KubernetesObject[] = []
    for (const file of files) objects.push(...(await exportedObjects(file)))
    const list = { apiVersion: 'v1', kind: 'List', items: objects }
    const [first, ...others] = objects
    if (flags.output === 'yaml') process.stdout.write(toYaml(objects))
    else console.log(JSON.stringify(others.length === 0 ? first : list, null, 2))
  } catch (error) {
    printError(error)
    process.exitCode = EXIT.badData
  }
}

async function exportedObjects(file: string): Promise<KubernetesObject[]> {
  const exports = await load(file)
  const main = exports['default']
  const value: unknown = typeof main === 'function' ? await (main as () => unknown)() : main
  const found = value === undefined ? Object.values(exports).flat() : [value].flat(Number.POSITIVE_INFINITY)
  const objects = found.filter(isObject)
  const other = value === undefined ? undefined : found.find((one) => !isObject(one))
  if (other !== undefined || objects.length === 0) {
    throw new BattenError('CLI_RENDER', {
      message:
        other === undefined
          ? `${file} exports no object of Kubernetes`
          : `${file}: the default export holds something that is no object of Kubernetes: ${shown(other)}`,
      hint: 'export what the builders of @batten/api give: export default [virtualService({ ... })]',
    })
  }
  return objects
}

async function load(file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>
  } catch (error) {
    throw new BattenError('CLI_RENDER', {
      message: `cannot load ${file}: ${errorMessage(error)}`,
      hint: 'the file must run in Node as it is, without a build',
      cause: error,
    })
  }
}

function isObject(value: unknown): value is KubernetesObject {
  if (typeof value !== 'object' || value === null) return false
  const { apiVersion, kind } = value as Partial<KubernetesObject>
  return typeof apiVersion === 'string' && typeof kind === 'string'
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 80)
}
