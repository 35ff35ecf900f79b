import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { toTypeScript } from '@batten/api/convert'
import type { Finding } from '@batten/api/validate'
import { fromYaml } from '@batten/api/yaml'
import { BattenError, errorMessage } from '@batten/core'
import type { ConvertFlags } from '../commands/convert.ts'
import { renderFinding } from '../dev/findings.ts'
import { readInputs } from '../input/read-inputs.ts'
import { EXIT, printError } from '../main.ts'

/** Prints a TypeScript file that makes the objects of the YAML. */
export async function runConvert(flags: ConvertFlags, ...files: string[]): Promise<void> {
  try {
    const inputs = await readInputs(files)
    const findings = inputs.flatMap(({ file, text }) => fromYaml(text, { file }).findings)
    if (findings.length > 0) {
      printFindings(findings)
      process.exitCode = EXIT.badData
      return
    }
    // Documents of several files become one module; each starts with a line of its own.
    const { code } = toTypeScript(
      inputs.map(({ text }) => withEnd(text.replace(/^\ufeff/, ''))).join('---\n'),
    )
    if (flags.out === undefined) process.stdout.write(code)
    else writeCode(flags.out, code)
  } catch (error) {
    printError(error)
    process.exitCode = EXIT.usage
  }
}

/** A line break is added only where there is none, as it may belong to a text that keeps them. */
function withEnd(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}

function printFindings(findings: readonly Finding[]): void {
  for (const { range, ...finding } of findings) {
    const place = range === undefined ? {} : { line: range.line, column: range.column }
    console.error(renderFinding({ ...finding, ...place }, process.cwd()))
  }
}

function writeCode(file: string, code: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, code)
  } catch (error) {
    throw new BattenError('CLI_INPUT', {
      message: `cannot write ${file}: ${errorMessage(error)}`,
      cause: error,
    })
  }
}
