import type { KubernetesObject } from '@batten/api'
import { fromYaml } from '@batten/api/yaml'
import type { Finding } from '../../model/finding.ts'
import { objectKey } from '../../model/object-key.ts'
import type { Origin } from '../../model/source.ts'

/** An object of a file. */
export interface FileObject {
  readonly key: string
  readonly object: KubernetesObject
  readonly origin: Origin
}

/** What one file says. */
export interface ConfigFile {
  readonly path: string
  /** By object key, in the order of the file. */
  readonly objects: ReadonlyMap<string, FileObject>
  readonly findings: readonly Finding[]
  /** False when the text may be the beginning of a longer one: somebody may be writing still. */
  readonly isWhole: boolean
  readonly lines: number
}

/**
 * Reads the text of a YAML or JSON file. A document that cannot be read is a finding; since nobody can tell which
 * objects it held, those of `before` that the rest of the file does not name stay.
 */
export function readConfigFile(path: string, text: string, before?: ConfigFile): ConfigFile {
  const parsed = fromYaml(text, { file: path })
  const objects = new Map<string, FileObject>()
  const findings: Finding[] = parsed.findings.map((found) => ({
    code: found.code,
    severity: found.severity,
    message: found.message,
    path: found.path === '' ? undefined : found.path,
    file: path,
    line: found.range?.line,
    column: found.range?.column,
    hint: found.hint,
  }))
  for (const { object, position } of parsed.objects) {
    const key = objectKey(object)
    const origin: Origin = {
      source: `file://${path}`,
      file: path,
      position: (fieldPath, at) => position(fieldPath, { at: at ?? 'value' }),
    }
    if (objects.has(key)) findings.push(duplicateIn(path, object, origin))
    objects.set(key, { key, object, origin })
  }
  const isComplete = parsed.findings.every(({ severity }) => severity !== 'error')
  if (!isComplete && before !== undefined)
    for (const [key, kept] of before.objects) if (!objects.has(key)) objects.set(key, kept)
  // JSON that is cut off is an error; YAML is only when it is cut off in a bad place.
  const isWhole = isComplete && (text.endsWith('\n') || path.endsWith('.json'))
  return { path, objects, findings, isWhole, lines: text.split('\n').length }
}

function duplicateIn(path: string, object: KubernetesObject, origin: Origin): Finding {
  return {
    code: 'CP_DUPLICATE_OBJECT',
    severity: 'warning',
    message: 'the file has this object twice; the last one counts',
    object: `${object.kind} ${object.metadata?.namespace ?? 'default'}/${object.metadata?.name ?? ''}`,
    file: path,
    ...origin.position?.('metadata.name'),
    hint: 'remove one of them, or give it another name',
  }
}
