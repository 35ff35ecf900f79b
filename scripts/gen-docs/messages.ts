import { CODES } from '../../packages/api/src/errors.ts'
import { type CodeExplanation, codeExplanations } from '../../packages/api/src/explain/explain-code.ts'
import { anchor, cell, fenced, table } from './markdown.ts'

/** The page about every code: each has a heading of its own, so that links can lead there. */
export function messagesPage(): string {
  const all = codeExplanations()
  const own = all.filter(({ code }) => code.startsWith('BAT'))
  const istios = all.filter(({ code }) => !code.startsWith('BAT'))
  const lines = [
    '# Messages',
    '',
    'What `batten analyze` and `batten validate` report. `batten explain CODE` prints the same without a browser. Codes that begin with `IST` are those of `istioctl analyze` and mean the same; those that begin with `BAT` are checks that it does not have. A code never changes its meaning.',
    '',
    'In the examples, lines with `-` are what is reported, and lines with `+` what takes their place. This page is generated: `npm run generate`.',
    '',
    '## Overview',
    '',
    ...table(['code', 'name', 'level', 'meaning'], [...own, ...istios].map(overviewRow)),
    '## Codes of Batten',
    '',
    ...own.flatMap(section),
    '## Codes of Istio',
    '',
    ...istios.flatMap(section),
    '## Codes of validation',
    '',
    'What the API server or the webhook of Istio says about one object. In `batten analyze` these are IST0106 and IST0133.',
    '',
    ...table(
      ['code', 'meaning'],
      Object.entries(CODES).map(([code, meaning]) => [`\`${code}\``, cell(meaning)]),
    ),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}

function overviewRow({ code, name, level, meaning }: CodeExplanation): string[] {
  return [`[${code}](#${anchor(code)})`, name, level, cell(meaning)]
}

function section(explanation: CodeExplanation): string[] {
  const { code, name, level, meaning, when, text, hint, fix, documentationUrl } = explanation
  const page = code.startsWith('IST') ? ` · [page of Istio](${documentationUrl})` : ''
  return [
    `### ${code}`,
    '',
    `**${name}** · ${level}${page}`,
    '',
    escaped(meaning),
    '',
    `When it is reported: ${escaped(when)}`,
    '',
    `Message: \`${text.replaceAll('`', "'")}\``,
    '',
    `What to do: ${escaped(hint)}`,
    '',
    ...(fix === undefined ? [] : fenced('diff', fix)),
  ]
}

/** Texts are sentences: what looks like markup in them is meant literally. */
function escaped(text: string): string {
  return text.replaceAll('<', '&lt;').replaceAll('*', '\\*').replaceAll('_', '\\_')
}
