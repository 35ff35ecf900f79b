const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

const two = (value: number) => String(value).padStart(2, '0')

/** What a `strftime` conversion prints, in UTC. */
const CONVERSIONS: Readonly<Record<string, (date: Date) => string>> = {
  Y: (date) => String(date.getUTCFullYear()),
  y: (date) => two(date.getUTCFullYear() % 100),
  m: (date) => two(date.getUTCMonth() + 1),
  d: (date) => two(date.getUTCDate()),
  e: (date) => String(date.getUTCDate()).padStart(2, ' '),
  H: (date) => two(date.getUTCHours()),
  I: (date) => two(date.getUTCHours() % 12 || 12),
  M: (date) => two(date.getUTCMinutes()),
  S: (date) => two(date.getUTCSeconds()),
  p: (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
  j: (date) =>
    String(Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0)) / 86_400_000) + 1).padStart(
      3,
      '0',
    ),
  a: (date) => DAYS[date.getUTCDay()]!.slice(0, 3),
  A: (date) => DAYS[date.getUTCDay()]!,
  b: (date) => MONTHS[date.getUTCMonth()]!.slice(0, 3),
  B: (date) => MONTHS[date.getUTCMonth()]!,
  F: (date) => date.toISOString().slice(0, 10),
  T: (date) => date.toISOString().slice(11, 19),
  D: (date) => `${two(date.getUTCMonth() + 1)}/${two(date.getUTCDate())}/${two(date.getUTCFullYear() % 100)}`,
  s: (date) => String(Math.floor(date.getTime() / 1000)),
  z: () => '+0000',
  Z: () => 'UTC',
  n: () => '\n',
  t: () => '\t',
  '%': () => '%',
}

/**
 * Compiles the format of `%START_TIME(format)%`: `strftime` in UTC, with Envoy's sub-second conversions `%f` (nine
 * digits) and `%1f` to `%9f`. Without a format it is ISO 8601 with milliseconds. Unknown conversions stay as they are.
 */
export function compileTimeFormat(format: string | undefined): (epochMs: number) => string {
  if (format === undefined || format === '') return (epochMs) => new Date(epochMs).toISOString()
  const parts: (string | ((date: Date) => string))[] = []
  const pattern = /%(?:([1-9])?f|([YymdeHIMSpjaAbBFTDszZnt%]))/g
  let end = 0
  for (const match of format.matchAll(pattern)) {
    parts.push(format.slice(end, match.index))
    end = match.index + match[0].length
    const conversion = match[2]
    if (conversion === undefined) {
      const digits = Number(match[1] ?? 9)
      parts.push((date) => String(date.getUTCMilliseconds()).padStart(3, '0').padEnd(9, '0').slice(0, digits))
    } else parts.push(CONVERSIONS[conversion]!)
  }
  parts.push(format.slice(end))
  return (epochMs) => {
    const date = new Date(epochMs)
    let text = ''
    for (const part of parts) text += typeof part === 'string' ? part : part(date)
    return text
  }
}
