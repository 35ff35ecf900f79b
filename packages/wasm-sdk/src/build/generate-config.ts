import type { ConfigClass, ConfigField, ConfigType, FilterModel } from './filter-model.ts'

/** Name of the generated function that reads one class. */
export function readerName(className: string): string {
  return `read${className}FromJson`
}

/** Writes a reader for the configuration and every class that it contains. */
export function generateConfigReaders(model: FilterModel): string {
  const none: ConfigClass[] = model.config === undefined ? [{ name: 'NoConfig', module: '', fields: [] }] : []
  return [...none, ...model.configClasses].map(generateReader).join('\n')
}

function generateReader(config: ConfigClass): string {
  const required = config.fields.filter((field) => field.required)
  const known = config.fields.map((field) => field.name).join(', ')
  return `function ${readerName(config.name)}(reader: JsonReader): ${config.name} {
  const value = new ${config.name}()
${required.map((field) => `  let has_${field.name} = false`).join('\n')}
  if (!reader.beginObject()) return value
  while (reader.nextKey()) {
    const key = reader.key
${config.fields.map((field, index) => fieldCase(field, index)).join('\n')}
    ${config.fields.length > 0 ? 'else ' : ''}reader.unknownKey('${known}')
    reader.endValue()
  }
${required.map((field) => `  if (!has_${field.name}) reader.missing('${field.name}')`).join('\n')}
  return value
}`
}

function fieldCase(field: ConfigField, index: number): string {
  const mark = field.required ? `; has_${field.name} = true` : ''
  return `    ${index === 0 ? 'if' : 'else if'} (key == '${field.name}') { value.${field.name} = ${read(field.type)}${mark} }`
}

/** The expression that reads a value of a type from `reader`. */
function read(type: ConfigType): string {
  switch (type.kind) {
    case 'string':
      return 'reader.string()'
    case 'bool':
      return 'reader.bool()'
    case 'float':
      return type.name === 'f32' ? '<f32>reader.float()' : 'reader.float()'
    case 'integer':
      return type.name.startsWith('u')
        ? `<${type.name}>reader.unsigned(<u64>${type.name}.MAX_VALUE)`
        : `<${type.name}>reader.integer(<i64>${type.name}.MIN_VALUE, <i64>${type.name}.MAX_VALUE)`
    case 'class':
      return `${readerName(type.name)}(reader)`
    case 'nullable':
      return `reader.takeNull() ? null : ${read(type.item)}`
    case 'array':
    case 'map': {
      const item = configTypeText(type.item)
      const reader = type.kind === 'array' ? 'readArray' : 'readMap'
      return `${reader}<${item}>(reader, (reader: JsonReader): ${item} => ${read(type.item)})`
    }
  }
}

/** The type as AssemblyScript writes it. */
export function configTypeText(type: ConfigType): string {
  switch (type.kind) {
    case 'string':
    case 'bool':
      return type.kind
    case 'float':
    case 'integer':
    case 'class':
      return type.name
    case 'nullable':
      return `${configTypeText(type.item)} | null`
    case 'array':
      return type.item.kind === 'nullable'
        ? `Array<${configTypeText(type.item)}>`
        : `${configTypeText(type.item)}[]`
    case 'map':
      return `Map<string, ${configTypeText(type.item)}>`
  }
}
