import { findKind, kinds } from '@batten/api'
import { BattenError } from '@batten/core'
import type { CrdsFlags } from '../commands/crds.ts'
import { EXIT, printError } from '../main.ts'
import { crdText } from './api-files.ts'

/** Prints CRDs, those of `--kind` or all. */
export async function runCrds(flags: CrdsFlags): Promise<void> {
  const known = kinds.filter(({ origin }) => origin === 'istio')
  const wanted = flags.kind?.map((name) => {
    const info = findKind(name)
    return info !== undefined && known.includes(info) ? info : name
  })
  const unknown = wanted?.find((one) => typeof one === 'string')
  if (unknown !== undefined) {
    printError(
      new BattenError('CLI_KIND', {
        message: `there is no CRD of a kind "${unknown}"`,
        hint: `kinds are ${known.map(({ kind }) => kind).join(', ')}`,
      }),
    )
    process.exitCode = EXIT.usage
    return
  }
  const chosen = wanted?.filter((one) => typeof one !== 'string') ?? known
  const texts = chosen.map((info) => crdText(info))
  if (flags.output === 'yaml') {
    process.stdout.write(texts.join('---\n'))
    return
  }
  const { fromYaml } = await import('@batten/api/yaml')
  const objects = texts.flatMap((text) => fromYaml(text).objects.map(({ object }) => object))
  const [first, ...others] = objects
  const json = others.length === 0 ? first : { apiVersion: 'v1', kind: 'List', items: objects }
  console.log(JSON.stringify(json, null, 2))
}
