/** Short flags that take a value, in every command that has them. */
const WITH_VALUE = /^-([cflnopS])=?(.+)$/s

/**
 * Arguments with the values of short flags apart, as kubectl and istioctl also take them together: `-ojson`, `-f-`.
 * What comes after `--` is left as it is.
 */
export function withoutAttachedValues(argv: readonly string[]): string[] {
  const end = argv.indexOf('--')
  const flags = end < 0 ? argv : argv.slice(0, end)
  const split = flags.flatMap((argument) => {
    const [, flag, value] = WITH_VALUE.exec(argument) ?? []
    return flag === undefined || value === undefined ? [argument] : [`-${flag}`, value]
  })
  return end < 0 ? split : [...split, ...argv.slice(end)]
}
