/** `import` or `export`, a clause in braces, `from`. */
const CLAUSE = /\b(import|export)(\s+type)?(\s*\{)([^}]*)(\}\s*from\b)/g

/**
 * Blanks the `type` of `import type { A }` and `import { type A }`, which editors insert and AssemblyScript does not
 * know. Offsets stay, so that findings point to the right place.
 */
export function blankTypeImports(text: string): string {
  return text.replace(
    CLAUSE,
    (_match, keyword: string, type: string | undefined, open: string, names: string, close: string) =>
      keyword + blankType(type ?? '') + open + names.replace(/\btype(?=\s+[A-Za-z_$])/g, '    ') + close,
  )
}

function blankType(text: string): string {
  return text.replace('type', '    ')
}
