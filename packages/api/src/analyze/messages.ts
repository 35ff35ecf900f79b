import { istioHints } from './hints.ts'
import { battenMessages } from './messages-batten.ts'
import { istioMessages } from './messages-istio.ts'

/** How much a message matters. Errors come first in every list. */
export type Level = 'Error' | 'Warning' | 'Info'

/** Codes of Istio's own analysis. */
export type IstioCode = keyof typeof istioMessages

/** Codes of the checks that only Batten has. */
export type BattenCode = keyof typeof battenMessages

/** Code of a message: `IST0101`, `BAT0301`. */
export type MessageCode = IstioCode | BattenCode

type Table = typeof istioMessages & typeof battenMessages

/** A value of a message. */
export type MessageArg = string | number | readonly (string | number)[]

/** The values that the text of a code has places for, in their order. */
export type MessageArgs<C extends MessageCode> = Values<Table[C]['args']>

type Values<Names extends readonly string[]> = { readonly [K in keyof Names]: MessageArg }

/** What is known about a code. */
export interface MessageType {
  readonly code: MessageCode
  /** Name in CamelCase, as Istio's documentation lists it. */
  readonly name: string
  readonly level: Level
  /** Names of the values in the text. */
  readonly args: readonly string[]
  /** Text with `%s`, `%q`, `%d` and `%v` for the values. */
  readonly template: string
  /** What the code means, whatever the object. */
  readonly meaning: string
  /** What to do about it. */
  readonly hint: string
  readonly documentationUrl: string
}

const ISTIO_PAGES = 'https://istio.io/latest/docs/reference/config/analysis/'

/** Page of codes that only Batten has, generated from what `batten explain CODE` prints. */
const BATTEN_PAGES = 'https://github.com/batten-mesh/batten/blob/main/docs/messages.md#'

const types = new Map<string, MessageType>([
  ...Object.entries(istioMessages).map(([code, type]): [string, MessageType] => [
    code,
    {
      ...type,
      code: code as IstioCode,
      hint: istioHints[code as IstioCode],
      documentationUrl: `${ISTIO_PAGES}${code.toLowerCase()}/`,
    },
  ]),
  ...Object.entries(battenMessages).map(([code, type]): [string, MessageType] => [
    code,
    { ...type, code: code as BattenCode, documentationUrl: `${BATTEN_PAGES}${code.toLowerCase()}` },
  ]),
])

/** All codes, in their order. */
export const messageTypes: readonly MessageType[] = [...types.values()]

/**
 * What is known about a code; undefined for codes that do not exist.
 *
 * @example
 * messageType('IST0101')?.meaning // 'A resource being referenced does not exist.'
 */
export function messageType(code: string): MessageType | undefined {
  return types.get(code.toUpperCase())
}

/**
 * The text of a message with its values.
 *
 * @example
 * messageText('IST0101', ['gateway', 'shop/edge']) // 'Referenced gateway not found: "shop/edge"'
 */
export function messageText<C extends MessageCode>(code: C, args: MessageArgs<C>): string {
  const values = args as unknown as readonly MessageArg[]
  let next = 0
  return types.get(code)!.template.replace(/%[sqdv]/g, (verb) => printed(verb, values[next++] ?? ''))
}

/** Items of a list that a message shows. */
const SHOWN = 50

/** The items of a list that a message shows, and how many more there are: `a`, `b`, `and 7 more`. */
export function shownItems<T>(items: readonly T[]): readonly (T | string)[] {
  return items.length <= SHOWN ? items : [...items.slice(0, SHOWN), `and ${items.length - SHOWN} more`]
}

/** A value as Go prints it: a list in brackets with spaces, `%q` in quotes. */
function printed(verb: string, value: MessageArg): string {
  if (typeof value === 'object')
    return `[${shownItems(value)
      .map((item) => printed(verb, item))
      .join(' ')}]`
  return verb === '%q' ? JSON.stringify(String(value)) : String(value)
}
