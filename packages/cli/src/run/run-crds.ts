import { findKind, type KindInfo, kinds } from '@batten/api'
import { nearest } from '@batten/api/explain'
import { BattenError } from '@batten/core'
import type { CrdsFlags } from '../commands/crds.ts'
import { EXIT, printError } from '../main.ts'
import { crdText } from './api-files.ts'

/** Kinds with a CRD of the mesh. */
const KNOWN: readonly KindInfo[] = kinds.filter(({ origin }) => origin === 'istio')

/** Prints CRDs, those of `--kind` or all. */
export async function runCrds(flags: CrdsFlags): Promise<void> {
  let chosen: readonly KindInfo[]
  try {
    const names = flags.kind?.flatMap((name) => name.split(',')).filter((name) => name !== '')
    chosen = names === undefined ? KNOWN : [...new Set(names.map(kindOf))]
  } catch (error) {
    printError(error)
    process.exitCode = EXIT.usage
    return
  }
  const texts = chosen.map((info) => crdText(info))
  if (flags.output === 'yaml') {
    process.stdout.write(texts.join('---\n'))
    return
  }
  const { fromYaml } = await import('@batten/api/yaml')
  const objects = texts.flatMap((text) => fromYaml(text).objects.map(({ object }) => object))
  const [first, ...others] = objects
  const json = others.length === 0 ? first : { apiVersion: 'v1', kind: 'List', items: objects }
  process.stdout.write(`${JSON.stringify(json, null, 2)}\n`)
}

function kindOf(name: string): KindInfo {
  const info = findKind(name)
  if (info !== undefined && KNOWN.includes(info)) return info
  throw new BattenError('CLI_KIND', {
    message: `there is no CRD of a kind "${name}"`,
    hint: hintFor(name, info),
  })
}

function hintFor(name: string, info: KindInfo | undefined): string {
  if (info?.origin === 'kubernetes') return `${info.kind} is a kind of Kubernetes itself, which needs no CRD`
  if (info?.origin === 'gateway-api')
    return `${info.kind} is a kind of the Gateway API, which has releases of its own: https://gateway-api.sigs.k8s.io/guides/`
  const names = KNOWN.flatMap(({ kind, plural, shortNames }) => [kind, plural, ...shortNames])
  const meant = [...new Set(nearest(name, names).map((one) => findKind(one)!.kind))]
  if (meant.length > 0) return `did you mean ${meant.slice(0, 3).join(', ')}?`
  return `kinds are ${KNOWN.map(({ kind }) => kind).join(', ')}`
}
