/**
 * Writes `packages/xds/src/gen` from .proto files: a compact descriptor, and one TypeScript interface a message.
 *
 * The Envoy, xDS and Google files are those that the devDependency `@grpc/grpc-js-xds` carries; what it lacks is in
 * `packages/xds/proto`. `packages/xds/proto/roots.txt` names the messages we use; only what they reach is kept.
 * The output is a pure function of these inputs: sorted, no dates, no paths.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import protobuf from 'protobufjs'
import {
  describeEnum,
  describeMessage,
  type EnumDescription,
  type MessageDescription,
} from './proto/describe.ts'
import { renderTypes } from './proto/render-types.ts'

const repository = join(import.meta.dirname, '..')
const ownProtos = join(repository, 'packages/xds/proto')
const output = join(repository, 'packages/xds/src/gen')

const require = createRequire(import.meta.url)
const dependencies = join(dirname(require.resolve('@grpc/grpc-js-xds/package.json')), 'deps')
const includeRoots = [
  ownProtos,
  ...['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate'].map((name) => join(dependencies, name)),
  dirname(require.resolve('protobufjs/package.json')),
]

/** Compiled into protobufjs, without a file. */
const WELL_KNOWN = ['any', 'duration', 'empty', 'field_mask', 'struct', 'timestamp', 'wrappers']

const root = loadProtos()
const messages = new Map<string, MessageDescription>()
const enums = new Map<string, EnumDescription>()
for (const name of rootMessages(readFileSync(join(ownProtos, 'roots.txt'), 'utf8'))) visit(name)

const types = renderTypes(sorted(messages), sorted(enums))
rmSync(output, { recursive: true, force: true })
mkdirSync(join(output, 'types'), { recursive: true })
write('descriptor.ts', renderDescriptor())
for (const [file, text] of types) write(file, text)
console.log(`${messages.size} messages and ${enums.size} enums`)

/** Loads every v3 file, our own ones, and what they import. */
function loadProtos(): protobuf.Root {
  const loaded = new protobuf.Root()
  loaded.resolvePath = (_origin, target) => (existsSync(target) ? target : (find(target) ?? target))
  const candidates = includeRoots.flatMap((include) =>
    (readdirSync(include, { recursive: true }) as string[])
      .filter((path) => path.endsWith('.proto') && !path.includes('node_modules'))
      .filter((path) => include === ownProtos || /\/v3\/|typed_struct|google\/rpc\/status/.test(path))
      // An own file stands for the dependency's of the same name, which may be older than the API we speak.
      .filter((path) => include === ownProtos || !existsSync(join(ownProtos, path)))
      .map((path) => join(include, path)),
  )
  const wellKnown = WELL_KNOWN.map((name) => `google/protobuf/${name}.proto`)
  loaded.loadSync([...wellKnown, ...candidates.filter((path) => isComplete(path)).sort()], { keepCase: true })
  return loaded
}

function find(target: string): string | undefined {
  return includeRoots.map((include) => join(include, target)).find((path) => existsSync(path))
}

/** Whether all imports of a file are at hand; a few import OpenCensus or Prometheus, which nobody ships here. */
function isComplete(path: string, seen = new Set<string>()): boolean {
  if (seen.has(path)) return true
  seen.add(path)
  for (const [, target] of readFileSync(path, 'utf8').matchAll(/^import (?:public )?"(.+)";/gm)) {
    if (WELL_KNOWN.some((name) => target === `google/protobuf/${name}.proto`)) continue
    const found = find(target!)
    if (found === undefined || !isComplete(found, seen)) return false
  }
  return true
}

/** The names of roots.txt, with `package.*` expanded to the top-level messages of the package. */
function rootMessages(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim())
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap((name) => {
      if (!name.endsWith('.*')) return [name]
      const scope = root.lookup(name.slice(0, -2))
      const types = scope instanceof protobuf.Namespace ? scope.nestedArray : []
      const found = types
        .filter((nested) => nested instanceof protobuf.Type)
        .map((type) => type.fullName.slice(1))
      if (found.length === 0) throw new Error(`roots.txt: no message in ${name}`)
      return found
    })
}

function visit(name: string): void {
  if (messages.has(name) || enums.has(name)) return
  const found = root.lookup(name)
  if (found instanceof protobuf.Enum) {
    enums.set(name, describeEnum(found))
    return
  }
  if (!(found instanceof protobuf.Type)) throw new Error(`roots.txt or an import: no message ${name}`)
  const description = describeMessage(found)
  messages.set(name, description)
  for (const field of description.fields) if (field.reference !== undefined) visit(field.reference)
}

/** One line a message or enum: readable in a diff, and parsed one by one when a codec is asked for. */
function renderDescriptor(): string {
  const messageLines = sorted(messages).map(([name, message]) => {
    const fields = message.fields.map((field) => {
      const flags = `${field.presence ? '?' : ''}${field.sensitive ? '!' : ''}`
      const oneof = field.oneof === undefined ? '' : ` ${field.oneof}`
      return `${field.name} ${field.number}${flags} ${field.repeated ? '[]' : ''}${field.type}${oneof}`
    })
    return `message ${name}|${fields.join(';')}`
  })
  const enumLines = sorted(enums).map(
    ([name, { values }]) => `enum ${name}|${values.map(([value, number]) => `${value} ${number}`).join(';')}`,
  )
  const text = [...messageLines, ...enumLines].join('\n')
  return `// Generated by scripts/gen-proto.ts. Do not edit.\n\n/** \`name number[? presence][! sensitive] type [oneof]\`, see descriptor.ts. */\nexport const DESCRIPTOR: string = \`\\\n${text}\`\n`
}

function sorted<T>(map: Map<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

function write(file: string, text: string): void {
  writeFileSync(join(output, file), text)
}
