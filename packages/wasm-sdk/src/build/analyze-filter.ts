import {
  ClassDeclaration,
  ExportDefaultStatement,
  FieldDeclaration,
  type IdentifierExpression,
  ImportStatement,
  MethodDeclaration,
  NamedTypeNode,
  type Node,
  type Parser,
  type Source,
  type TypeName,
  type TypeNode,
} from 'assemblyscript'
import {
  type ClassReference,
  type ConfigClass,
  type ConfigField,
  type ConfigType,
  FILTER_CALLBACKS,
  type FilterModel,
  ROOT_CALLBACKS,
} from './filter-model.ts'

/** `CommonFlags` of the compiler, which are a const enum there. */
const FLAG_EXPORT = 2
const FLAG_STATIC = 32
const FLAG_ABSTRACT = 128
const FLAG_PRIVATE = 512
const FLAG_PROTECTED = 1024
const FLAG_DEFINITELY_ASSIGNED = 16384

const SDK_PREFIX = '~lib/@batten/wasm-sdk/'
const INTEGERS = new Set(['i8', 'i16', 'i32', 'i64', 'isize', 'u8', 'u16', 'u32', 'u64', 'usize'])

/** A mistake in the filter's source that the front end found, at a place. */
export class FilterSourceError extends Error {
  readonly source: Source
  readonly start: number
  readonly end: number

  constructor(message: string, at: Node) {
    super(message)
    this.source = at.range.source
    this.start = at.range.start
    this.end = at.range.end
  }
}

/** A class with the source that declares it. */
interface FoundClass {
  readonly declaration: ClassDeclaration
  readonly source: Source
}

/**
 * Finds the filter, its root and its configuration in the parsed sources, and exports those classes so that the
 * generated entry can import them.
 *
 * @throws FilterSourceError when the source is not one filter.
 */
export function analyzeFilter(parser: Parser, entryPath: string): FilterModel {
  const entry = parser.sources.find((source) => source.internalPath === entryPath)
  if (entry === undefined) throw new Error(`${entryPath} was not parsed`)
  const sources = new Map(parser.sources.map((source) => [source.internalPath, source]))
  const classes = new ClassLookup(sources)
  const filter = onlyDerived(classes, entry, 'HttpFilter', true)
  if (filter === undefined) {
    throw new FilterSourceError('this file has no filter: write a class that extends HttpFilter', entry)
  }
  if ((filter.declaration.typeParameters ?? []).length > 0) {
    throw new FilterSourceError('a filter cannot have type parameters', filter.declaration.name)
  }
  const root = onlyDerived(classes, entry, 'FilterRoot', false)
  const config = configOf(classes, filter)
  const configClasses = new Map<string, ConfigClass>()
  if (config !== undefined) collectConfigClasses(classes, config, configClasses)
  const used = [...sources.values()].filter((source) => !source.internalPath.startsWith('~lib/'))
  return {
    filter: reference(filter),
    root: root === undefined ? undefined : reference(root),
    config: config === undefined ? undefined : reference(config),
    configClasses: [...configClasses.values()],
    callbacks: overridden(classes, filter, FILTER_CALLBACKS),
    rootCallbacks: root === undefined ? new Set() : overridden(classes, root, ROOT_CALLBACKS),
    hasCallouts: used.some((source) => /\bfetch\b/.test(source.text)),
  }
}

/** Finds classes by the name under which a source knows them, through imports. */
class ClassLookup {
  readonly #sources: ReadonlyMap<string, Source>

  constructor(sources: ReadonlyMap<string, Source>) {
    this.#sources = sources
  }

  in(source: Source): FoundClass[] {
    const found: FoundClass[] = []
    for (const statement of source.statements) {
      const declaration = statement instanceof ExportDefaultStatement ? statement.declaration : statement
      if (declaration instanceof ClassDeclaration) found.push({ declaration, source })
    }
    return found
  }

  /** {@link find} for a type, which may be a member of a namespace that was imported: `sdk.HttpFilter`. */
  findType(name: TypeName, source: Source): FoundClass | { readonly sdk: string } | undefined {
    const first = name.identifier.text
    const member = name.next?.identifier.text
    if (member === undefined) return this.find(first, source)
    for (const statement of source.statements) {
      if (!(statement instanceof ImportStatement) || statement.namespaceName?.text !== first) continue
      if (statement.internalPath.startsWith(SDK_PREFIX)) return { sdk: member }
      const target = this.#target(statement)
      return target === undefined ? undefined : this.find(member, target)
    }
    return undefined
  }

  #target(statement: ImportStatement): Source | undefined {
    return this.#sources.get(statement.internalPath) ?? this.#sources.get(`${statement.internalPath}/index`)
  }

  /** The class that `name` means in `source`; the SDK's classes are told by their name alone. */
  find(name: string, source: Source): FoundClass | { readonly sdk: string } | undefined {
    const local = this.in(source).find(({ declaration }) => declaration.name.text === name)
    if (local !== undefined) return local
    for (const statement of source.statements) {
      if (!(statement instanceof ImportStatement) || statement.declarations === null) continue
      const declaration = statement.declarations.find((item) => item.name.text === name)
      if (declaration === undefined) continue
      const foreign = declaration.foreignName.text
      if (statement.internalPath.startsWith(SDK_PREFIX)) return { sdk: foreign }
      const target = this.#target(statement)
      return target === undefined ? undefined : this.find(foreign, target)
    }
    return undefined
  }

  base(found: FoundClass): FoundClass | { readonly sdk: string } | undefined {
    const base = found.declaration.extendsType
    return base === null ? undefined : this.findType(base.name, found.source)
  }

  /** Whether a class derives from one of the SDK's. */
  derives(found: FoundClass, sdkName: string): boolean {
    let base = this.base(found)
    while (base !== undefined && 'declaration' in base) base = this.base(base)
    return base !== undefined && base.sdk === sdkName
  }
}

/** The one class of the entry that derives from `base` and that no other one extends. */
function onlyDerived(
  classes: ClassLookup,
  entry: Source,
  base: string,
  isFilter: boolean,
): FoundClass | undefined {
  const derived = classes.in(entry).filter((found) => classes.derives(found, base))
  const extended = new Set(derived.map((found) => classes.base(found)).filter((found) => found !== undefined))
  const leaves = derived.filter(
    (found) =>
      !isAbstract(found.declaration) &&
      ![...extended].some((other) => 'declaration' in other && other.declaration === found.declaration),
  )
  if (leaves.length > 1) {
    const what = isFilter ? 'filter' : 'root'
    throw new FilterSourceError(
      `a file is one ${what}: this is a second class that extends ${base}`,
      leaves[1]!.declaration.name,
    )
  }
  return leaves[0]
}

/** The `@config` class that the filter's base is given. */
function configOf(classes: ClassLookup, filter: FoundClass): FoundClass | undefined {
  let current = filter
  for (;;) {
    const base = classes.base(current)
    if (base !== undefined && 'declaration' in base) {
      current = base
      continue
    }
    const argument = current.declaration.extendsType?.typeArguments?.[0]
    if (!(argument instanceof NamedTypeNode)) {
      throw new FilterSourceError(
        'say which class the configuration has: HttpFilter<MyConfig>, or HttpFilter<NoConfig>',
        current.declaration.extendsType ?? current.declaration.name,
      )
    }
    const config = classes.findType(argument.name, current.source)
    if (config === undefined) throw new FilterSourceError('this class is not defined', argument)
    if ('sdk' in config) return undefined
    if (!hasDecorator(config.declaration, 'config')) {
      throw new FilterSourceError(
        `mark the class ${config.declaration.name.text} with @config, so that it can be read from JSON`,
        config.declaration.name,
      )
    }
    return config
  }
}

function collectConfigClasses(
  classes: ClassLookup,
  config: FoundClass,
  collected: Map<string, ConfigClass>,
): void {
  const name = config.declaration.name.text
  if (collected.has(name)) return
  const fields: ConfigField[] = []
  collected.set(name, { ...reference(config), fields })
  if (config.declaration.extendsType !== null) {
    throw new FilterSourceError('a @config class cannot extend another class', config.declaration.extendsType)
  }
  for (const member of config.declaration.members) {
    if (!(member instanceof FieldDeclaration) || (member.flags & FLAG_STATIC) !== 0) continue
    if (member.type === null) {
      throw new FilterSourceError('give this field a type, so that it can be read from JSON', member.name)
    }
    const type = configType(classes, config.source, member.type, collected)
    const asserted = (member.flags & FLAG_DEFINITELY_ASSIGNED) !== 0
    const required = member.initializer === null && (asserted || type.kind !== 'nullable')
    fields.push({ name: member.name.text, type, required })
  }
}

function configType(
  classes: ClassLookup,
  source: Source,
  node: TypeNode,
  collected: Map<string, ConfigClass>,
): ConfigType {
  if (!(node instanceof NamedTypeNode)) throw unsupported(node)
  if (node.isNullable) {
    const inner = configTypeOfName(classes, source, node, collected)
    if (inner.kind === 'bool' || inner.kind === 'integer' || inner.kind === 'float') {
      throw new FilterSourceError('a number or a bool cannot be null; give it a default value instead', node)
    }
    return { kind: 'nullable', item: inner }
  }
  return configTypeOfName(classes, source, node, collected)
}

function configTypeOfName(
  classes: ClassLookup,
  source: Source,
  node: NamedTypeNode,
  collected: Map<string, ConfigClass>,
): ConfigType {
  const name = node.name.identifier.text
  const arguments_ = node.typeArguments ?? []
  if (name === 'string') return { kind: 'string' }
  if (name === 'bool' || name === 'boolean') return { kind: 'bool' }
  if (INTEGERS.has(name)) return { kind: 'integer', name }
  if (name === 'f64' || name === 'f32') return { kind: 'float', name }
  if (name === 'number') return { kind: 'float', name: 'f64' }
  if (name === 'Array' && arguments_.length === 1) {
    return { kind: 'array', item: configType(classes, source, arguments_[0]!, collected) }
  }
  if (name === 'Map' && arguments_.length === 2) {
    const key = arguments_[0]!
    if (!(key instanceof NamedTypeNode) || key.name.identifier.text !== 'string') throw unsupported(key)
    return { kind: 'map', item: configType(classes, source, arguments_[1]!, collected) }
  }
  const found = classes.find(name, source)
  if (found === undefined || 'sdk' in found || !hasDecorator(found.declaration, 'config')) {
    throw unsupported(node)
  }
  collectConfigClasses(classes, found, collected)
  return { kind: 'class', name: found.declaration.name.text }
}

function unsupported(node: Node): FilterSourceError {
  return new FilterSourceError(
    'a configuration cannot have this type: use string, bool, a number type, an array, Map<string, T>, or a @config class',
    node,
  )
}

/** Exports the class and says where to import it from. */
function reference(found: FoundClass): ClassReference {
  found.declaration.flags |= FLAG_EXPORT
  return { name: found.declaration.name.text, module: `./${found.source.internalPath}` }
}

function overridden(classes: ClassLookup, found: FoundClass, names: readonly string[]): Set<string> {
  const methods = new Set<string>()
  let current: FoundClass | { readonly sdk: string } | undefined = found
  while (current !== undefined && 'declaration' in current) {
    for (const member of current.declaration.members) {
      const isMethod = member instanceof MethodDeclaration && (member.flags & FLAG_STATIC) === 0
      if (!isMethod) continue
      if (names.includes(member.name.text)) methods.add(member.name.text)
      else refuseMisspelt(member, names)
    }
    current = classes.base(current)
  }
  return methods
}

/** A callback with a slip in its name would never be called: the filter would let everything pass, without a word. */
function refuseMisspelt(method: MethodDeclaration, names: readonly string[]): void {
  const name = method.name.text
  if (!name.startsWith('on') || (method.flags & (FLAG_PRIVATE | FLAG_PROTECTED)) !== 0) return
  const meant = names.find((known) => isSlip(name.toLowerCase(), known.toLowerCase()))
  if (meant === undefined) return
  throw new FilterSourceError(
    `there is no callback ${name}: did you mean ${meant}? (a method of your own with this name can be private)`,
    method.name,
  )
}

/** Whether two names differ in one letter at most: more, less, or another one. */
function isSlip(written: string, known: string): boolean {
  const longer = Math.max(written.length, known.length)
  if (longer - Math.min(written.length, known.length) > 1) return false
  let start = 0
  while (start < longer && written[start] === known[start]) start++
  let end = 0
  while (end < longer - start && written.at(-1 - end) === known.at(-1 - end)) end++
  return longer - start - end <= 1
}

function isAbstract(declaration: ClassDeclaration): boolean {
  return (declaration.flags & FLAG_ABSTRACT) !== 0
}

function hasDecorator(declaration: ClassDeclaration, name: string): boolean {
  return (declaration.decorators ?? []).some(
    (decorator) => (decorator.name as IdentifierExpression).text === name,
  )
}
