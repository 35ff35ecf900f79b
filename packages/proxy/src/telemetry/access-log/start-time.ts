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

/** Whole days since the first of January. */
function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0)) / 86_400_000)
}

/** The Thursday of the same ISO week, whose year and week those are. */
function thursdayOf(date: Date): Date {
  return new Date(date.getTime() + (4 - (date.getUTCDay() || 7)) * 86_400_000)
}

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
  P: (date) => (date.getUTCHours() < 12 ? 'am' : 'pm'),
  k: (date) => String(date.getUTCHours()).padStart(2, ' '),
  l: (date) => String(date.getUTCHours() % 12 || 12).padStart(2, ' '),
  j: (date) => String(dayOfYear(date) + 1).padStart(3, '0'),
  u: (date) => String(date.getUTCDay() || 7),
  w: (date) => String(date.getUTCDay()),
  U: (date) => two(Math.floor((dayOfYear(date) + 7 - date.getUTCDay()) / 7)),
  W: (date) => two(Math.floor((dayOfYear(date) + 7 - ((date.getUTCDay() + 6) % 7)) / 7)),
  V: (date) => two(Math.floor(dayOfYear(thursdayOf(date)) / 7) + 1),
  G: (date) => String(thursdayOf(date).getUTCFullYear()),
  g: (date) => two(thursdayOf(date).getUTCFullYear() % 100),
  C: (date) => two(Math.floor(date.getUTCFullYear() / 100)),
  a: (date) => DAYS[date.getUTCDay()]!.slice(0, 3),
  A: (date) => DAYS[date.getUTCDay()]!,
  b: (date) => MONTHS[date.getUTCMonth()]!.slice(0, 3),
  h: (date) => MONTHS[date.getUTCMonth()]!.slice(0, 3),
  B: (date) => MONTHS[date.getUTCMonth()]!,
  F: (date) => date.toISOString().slice(0, 10),
  T: (date) => date.toISOString().slice(11, 19),
  X: (date) => date.toISOString().slice(11, 19),
  R: (date) => date.toISOString().slice(11, 16),
  r: (date) =>
    `${two(date.getUTCHours() % 12 || 12)}:${date.toISOString().slice(14, 19)} ${CONVERSIONS.p!(date)}`,
  c: (date) =>
    `${CONVERSIONS.a!(date)} ${CONVERSIONS.b!(date)} ${CONVERSIONS.e!(date)} ${CONVERSIONS.T!(date)} ${date.getUTCFullYear()}`,
  x: (date) => CONVERSIONS.D!(date),
  D: (date) => `${two(date.getUTCMonth() + 1)}/${two(date.getUTCDate())}/${two(date.getUTCFullYear() % 100)}`,
  s: (date) => String(Math.floor(date.getTime() / 1000)),
  z: () => '+0000',
  Z: () => 'UTC',
  n: () => '\n',
  t: () => '\t',
  '%': () => '%',
}

/** Seconds with so many digits of a fraction; `*`: as many as there are. */
function secondsOf(date: Date, digits: string): string {
  const fraction = String(date.getUTCMilliseconds()).padStart(3, '0').padEnd(9, '0')
  const kept = digits === '*' ? fraction.replace(/0+$/, '') : fraction.slice(0, Number(digits))
  return kept === '' ? two(date.getUTCSeconds()) : `${two(date.getUTCSeconds())}.${kept}`
}

/**
 * Compiles the format of `%START_TIME(format)%`: `strftime` in UTC, with Envoy's sub-second conversions `%f` (nine
 * digits) and `%1f` to `%9f`, and `%E3S`, `%E*S`, `%Ez`, `%E*z` for seconds with a fraction and for offsets with colons.
 * Without a format it is ISO 8601 with milliseconds. Unknown conversions stay as they are.
 */
export function compileTimeFormat(format: string | undefined): (epochMs: number) => string {
  if (format === undefined || format === '') return (epochMs) => new Date(epochMs).toISOString()
  const parts: (string | ((date: Date) => string))[] = []
  const pattern =
    /%(?:([1-9])?f|E([1-9*])S|(E\*?z)|(?:E(?=[cCxXyY])|O(?=[deHImMSuUVwWy]))?([YymdeHIMSpPjaAbhBFTDRrcxXkluUwVWGgCszZnt%]))/g
  let end = 0
  for (const match of format.matchAll(pattern)) {
    parts.push(format.slice(end, match.index))
    end = match.index + match[0].length
    const [, , secondDigits, offset, conversion] = match
    if (secondDigits !== undefined) parts.push((date) => secondsOf(date, secondDigits))
    else if (offset !== undefined) parts.push(offset === 'Ez' ? '+00:00' : '+00:00:00')
    else if (conversion === undefined) {
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
