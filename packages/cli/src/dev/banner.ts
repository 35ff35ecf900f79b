import pc from 'picocolors'

/** One row of the table that `batten dev` prints. */
export interface BannerRow {
  readonly what: string
  readonly url: string
  readonly note?: string
}

/** The table of addresses: plain columns, two spaces apart, no borders. */
export function renderTable(rows: readonly BannerRow[]): string {
  const width = Math.max(...rows.map((row) => row.what.length))
  const urlWidth = Math.max(...rows.map((row) => row.url.length))
  return rows
    .map(({ what, url, note }) =>
      `  ${what.padEnd(width)}  ${pc.cyan(url.padEnd(urlWidth))}${note ? `  ${pc.dim(note)}` : ''}`.trimEnd(),
    )
    .join('\n')
}
