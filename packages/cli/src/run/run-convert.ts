import { writeFileSync } from 'node:fs'
import { toTypeScript } from '@batten/api/convert'
import type { ConvertFlags } from '../commands/convert.ts'
import { renderFinding } from '../dev/findings.ts'
import { readInputs } from '../input/read-inputs.ts'
import { EXIT, printError } from '../main.ts'

/** Prints a TypeScript file that makes the objects of the YAML. */
export async function runConvert(flags: ConvertFlags, ...files: string[]): Promise<void> {
  let inputs: Awaited<ReturnType<typeof readInputs>>
  try {
    inputs = await readInputs(files)
  } catch (error) {
    printError(error)
    process.exitCode = EXIT.usage
    return
  }
  const [only, ...others] = inputs
  const options = only !== undefined && others.length === 0 ? { file: only.file } : {}
  const { code, findings } = toTypeScript(inputs.map(({ text }) => text).join('\n---\n'), options)
  for (const { range, ...finding } of findings) {
    const place = range === undefined ? {} : { line: range.line, column: range.column }
    console.error(renderFinding({ ...finding, ...place }, process.cwd()))
  }
  if (findings.length > 0) {
    process.exitCode = EXIT.badData
    return
  }
  if (flags.out === undefined) process.stdout.write(code)
  else writeFileSync(flags.out, code)
}
