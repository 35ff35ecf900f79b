/** Fields of a log entry that say where it comes from; a person who reads along knows that. */
const COMMON: ReadonlySet<string> = new Set(['level', 'time', 'scope', 'msg', 'pid', 'hostname'])
/** Longest value that is shown: the whole entry is there with `--verbose`. */
const MAX_VALUE = 120

/** A log entry of our own processes (a line of JSON) as a sentence with its fields; any other line as it is. */
export function readableLog(line: string): string {
  let entry: unknown
  try {
    entry = JSON.parse(line)
  } catch {
    return line
  }
  if (typeof entry !== 'object' || entry === null || !('msg' in entry)) return line
  const fields = Object.entries(entry).filter(([name]) => !COMMON.has(name))
  const details = fields.map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    return `${name}: ${text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text}`
  })
  return details.length === 0 ? `${entry.msg}` : `${entry.msg} (${details.join(', ')})`
}
