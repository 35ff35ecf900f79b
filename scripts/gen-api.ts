/**
 * Generates `packages/api/src/gen` from the schemas in `packages/api/src/schema`:
 * interfaces, validators, the table of kinds, CRDs and JSON Schemas.
 *
 * Run it with `npm run generate -w @batten/api`; `--check` only compares and fails on a difference.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { collect } from './gen-api/collect.ts'
import { generateCrds } from './gen-api/crds.ts'
import { generateJsonSchemas } from './gen-api/json-schemas.ts'
import { generateKinds } from './gen-api/kinds.ts'
import { generateRules } from './gen-api/rules.ts'
import { generateTypes } from './gen-api/types.ts'
import { generateValidators } from './gen-api/validators.ts'

const target = fileURLToPath(new URL('../packages/api/src/gen', import.meta.url))

const model = collect()
const files = new Map<string, string>([
  ...generateTypes(model),
  ...generateValidators(model),
  ...generateRules(model),
  ...generateKinds(model),
  ...generateCrds(model),
  ...generateJsonSchemas(model),
])

function existing(folder: string, prefix = ''): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? existing(path, `${prefix}${name}/`) : [`${prefix}${name}`]
  })
}

const check = process.argv.includes('--check')
const stale: string[] = []
for (const name of existing(target)) {
  if (files.has(name)) continue
  stale.push(name)
  if (!check) rmSync(join(target, name))
}
for (const [name, text] of files) {
  const path = join(target, name)
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
  stale.push(name)
  if (check) continue
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
if (check && stale.length > 0) {
  console.error(
    `generated files differ from the schemas: ${stale.join(', ')}; run "npm run generate -w @batten/api"`,
  )
  process.exitCode = 1
} else {
  console.log(`${files.size} files generated, ${check ? 0 : stale.length} changed`)
}
