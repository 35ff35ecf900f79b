import type { DebugLink, DebugReply } from './debug-handler.ts'

const STYLE = `:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}
table{border-collapse:collapse;width:100%}td{padding:.35rem .75rem .35rem 0;border-bottom:1px solid #8884;vertical-align:top}
td:first-child{white-space:nowrap}code{font:14px ui-monospace,monospace}@media(max-width:40rem){td{display:block;border:0}}`

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ESCAPES[character]!)
}

/** A page of links for a browser, below what went wrong if something did. */
export function htmlOf({ status = 200, body, links = [] }: DebugReply): string {
  const problem =
    status === 200 || typeof body !== 'string' ? '' : `<p>${escapeHtml(body.split(';')[0]!)}</p>`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Batten control plane</title><style>${STYLE}</style></head>
<body><h1>Batten control plane</h1>${problem}<table>
${links.map(row).join('\n')}
</table></body></html>
`
}

function row({ path, text = path, help = '' }: DebugLink): string {
  return `<tr><td><a href="${escapeHtml(path)}"><code>${escapeHtml(text)}</code></a></td><td>${escapeHtml(help)}</td></tr>`
}
