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

/**
 * Whether a line that one of our own processes wrote to stderr is shown to somebody who did not ask for all of them:
 * warnings and errors of its log, what ends a program (our messages, Node's, Envoy's), and not what a finding tells with
 * its place in the file.
 */
export function isWorthALook(line: string): boolean {
  if (/"level":"(warn|error)"/.test(line)) return !/"msg":"(resource rejected|\w+: ACK ERROR)"/.test(line)
  return /^(\S*(Error|Trap)|× | {2}(at|hint): |\[[^\]]*\]\[\d+\]\[critical\])/.test(line)
}
