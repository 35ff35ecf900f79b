import type { AdminHandler, AdminResponse } from '../handler.ts'

/** The page at `/`: links, and buttons for what changes something. */
export function home(handlers: readonly AdminHandler[]): AdminResponse {
  const rows = [...handlers]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, method, help }) => {
      const action =
        method === 'GET'
          ? `<a href="${path.slice(1) || '.'}">${path}</a>`
          : `<form action="${path.slice(1)}" method="post"><button>${path}</button></form>`
      return `<tr><td>${action}</td><td>${escapeHtml(help)}</td></tr>`
    })
  return {
    contentType: 'text/html; charset=UTF-8',
    body: `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Batten proxy</title>
<style>body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1d2733}
table{border-collapse:collapse;width:100%}td{padding:.35rem .75rem;border-bottom:1px solid #dde3ea;vertical-align:top}
form{margin:0}button{font:inherit;padding:.1rem .5rem}</style></head>
<body><h1>Batten proxy</h1><table>
${rows.join('\n')}
</table></body></html>
`,
  }
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
