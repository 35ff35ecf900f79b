import { toYaml } from '../yaml/print.ts'
import type { Explanation } from './explain-field.ts'

/** An explanation as text, in lines of at most `width` characters. */
export function printExplanation(explanation: Explanation, width = 100): string {
  const { path, apiVersions, type, description, required, values, examples, fields, docs } = explanation
  const out = [`${path} <${type}>${required ? ' (required)' : ''}`, '']
  out.push(...wrapped(description, width, ''), '')
  if (!path.includes('.')) out.push(`Versions: ${apiVersions.join(', ')}`, '')
  if (values.length > 0) {
    out.push('Values:')
    for (const { value, description: meaning } of values) {
      out.push(...wrapped(`${value}${meaning === '' ? '' : `: ${meaning}`}`, width, '  '))
    }
    out.push('')
  }
  for (const example of examples) out.push('Example:', ...block(example), '')
  if (fields.length > 0) {
    out.push('Fields:')
    for (const field of fields) {
      out.push(`  ${field.name} <${field.type}>${field.required ? ' (required)' : ''}`)
      if (field.description !== '') out.push(...wrapped(field.description, width, '    '))
    }
    out.push('')
  }
  out.push(`See ${docs}`)
  return `${out.join('\n')}\n`
}

function block(example: unknown): string[] {
  const text = typeof example === 'string' ? example : toYaml(example, { order: 'insertion' }).trimEnd()
  return text.split('\n').map((line) => `  ${line}`)
}

/** Words of a text in lines. */
export function wrapped(text: string, width: number, indent: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  lines.push(indent + line)
  return lines
}
