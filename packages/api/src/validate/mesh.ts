import { rulesOfMeshConfig } from '../gen/rules/mesh.ts'
import type { MeshConfig } from '../gen/types/mesh/mesh-config.ts'
import type { MeshNetworks } from '../gen/types/mesh/mesh-networks.ts'
import { MeshConfig as MeshConfigShape, MeshNetworks as MeshNetworksShape } from '../gen/validators/mesh.ts'
import type { ParsedDocument } from '../yaml/parse.ts'
import { celIssues } from './cel.ts'
import { isFields, rooted } from './check.ts'
import { type Finding, findingOf, pathText, type RawFinding, typeName } from './findings.ts'
import { meshConfigRules } from './rules/mesh-config.ts'
import { meshNetworksRules } from './rules/mesh-networks.ts'
import { withoutNulls } from './rules/without-nulls.ts'
import type { Shape } from './shape.ts'

/**
 * Says what is wrong with a MeshConfig: what the control plane would refuse, and fields that do not exist, which it
 * ignores.
 *
 * @example
 * const [document] = parseDocuments(readFileSync('mesh.yaml', 'utf8'), { file: 'mesh.yaml' })
 * validateMeshConfig(document)
 */
export function validateMeshConfig(input: ParsedDocument | MeshConfig): Finding[] {
  return documentFindings(input, MeshConfigShape, (value: MeshConfig) => [
    ...celIssues(value, rulesOfMeshConfig, []).map((issue) => findingOf(issue)),
    ...meshConfigRules(value),
  ])
}

/** Says what is wrong with a MeshNetworks. */
export function validateMeshNetworks(input: ParsedDocument | MeshNetworks): Finding[] {
  return documentFindings(input, MeshNetworksShape, meshNetworksRules)
}

function documentFindings<T extends object>(
  input: ParsedDocument | T,
  shape: Shape,
  rules: (value: T) => RawFinding[],
): Finding[] {
  const document = isDocument(input) ? input : undefined
  if (document !== undefined && document.findings.length > 0) return [...document.findings]
  const value: unknown = document === undefined ? input : (document.value ?? {})
  if (!isFields(value)) {
    const message = `the document must be a map of settings, found ${typeName(value)}`
    const at = document === undefined ? {} : { range: document.position([]) }
    const file = document?.file === undefined ? {} : { file: document.file }
    return [{ code: 'SCHEMA_TYPE', severity: 'error', layer: 'schema', path: '', message, ...file, ...at }]
  }
  const schema = rooted(shape.check(value)).map((issue) =>
    findingOf(issue, issue.kind === 'unknown' ? 'warning' : 'error'),
  )
  const isBroken = schema.some(({ code }) => code === 'SCHEMA_TYPE' || code === 'SCHEMA_ENUM')
  const reported = new Set(schema.map(({ path }) => pathText(path)))
  const ruled = isBroken ? [] : rules(withoutNulls(value) as T)
  const found = [...schema, ...ruled.filter(({ path }) => !reported.has(pathText(path)))]
  return found.map(({ atKey, path, ...rest }) => {
    const range = document?.position(path, { at: atKey === true ? 'key' : 'value' })
    return {
      ...rest,
      path: pathText(path),
      ...(document?.file === undefined ? {} : { file: document.file }),
      ...(range === undefined ? {} : { range }),
    }
  })
}

function isDocument(input: unknown): input is ParsedDocument {
  return isFields(input) && typeof input['position'] === 'function' && Array.isArray(input['objects'])
}
