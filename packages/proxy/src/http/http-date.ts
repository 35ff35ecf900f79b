let lastSecond = -1
let lastText = ''

/** The value of a `date` header; made once a second. */
export function httpDate(nowMs: number): string {
  const second = Math.floor(nowMs / 1000)
  if (second !== lastSecond) {
    lastSecond = second
    lastText = new Date(second * 1000).toUTCString()
  }
  return lastText
}
