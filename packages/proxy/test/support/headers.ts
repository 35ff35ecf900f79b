import { RequestHeaderTable, ResponseHeaderTable } from '../../src/http/header-table.ts'

/** Headers of a GET request to `a.example`. */
export function requestHeaders(
  path: string,
  fields: readonly (readonly [string, string])[] = [],
): RequestHeaderTable {
  const headers = new RequestHeaderTable()
  headers.method = 'GET'
  headers.path = headers.parsedPath = path
  headers.authority = headers.parsedAuthority = 'a.example'
  for (const [name, value] of fields) headers.add(name, value)
  return headers
}

export function responseHeaders(
  status: number,
  fields: readonly (readonly [string, string])[] = [],
): ResponseHeaderTable {
  const headers = new ResponseHeaderTable(status)
  for (const [name, value] of fields) headers.add(name, value)
  return headers
}
