import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { KubernetesObject } from '@batten/api'
import { fromYaml } from '@batten/api/yaml'

/** Every object of the project's YAML files. Documents that cannot be read are left out: the control plane reports them. */
export function readProjectObjects(paths: readonly string[]): KubernetesObject[] {
  return paths.flatMap(yamlFiles).flatMap((file) => {
    const { objects } = fromYaml(readFileSync(file, 'utf8'), { file })
    return objects.map(({ object }) => object)
  })
}

function yamlFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return /\.ya?ml$/.test(path) ? [path] : []
  return readdirSync(path)
    .filter((name) => !name.startsWith('.') && name !== 'node_modules')
    .sort()
    .flatMap((name) => yamlFiles(join(path, name)))
}
