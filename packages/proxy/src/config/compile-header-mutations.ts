import type { HeaderValueOption } from '@batten/xds'
import type { HeaderMutation, HeaderMutations } from '../http/route/header-mutation.ts'
import { SINGLE_REQUEST_HEADERS, SINGLE_RESPONSE_HEADERS } from '../http/route/single-headers.ts'
import type { FieldPath } from './field-path.ts'
import { checkAddedText, meaningOf } from './header-text.ts'
import type { MessageReader } from './message-reader.ts'
import type { CompileHeaderValue } from './route-context.ts'

/** The four fields that routes, virtual hosts, route configurations and weighted clusters have alike. */
interface WithHeaderMutations {
  requestHeadersToAdd?: HeaderValueOption[] | undefined
  requestHeadersToRemove?: string[] | undefined
  responseHeadersToAdd?: HeaderValueOption[] | undefined
  responseHeadersToRemove?: string[] | undefined
}

const DEFAULT_ACTION = 'APPEND_IF_EXISTS_OR_ADD'

/** Headers that one level may add. */
const MAX_ADDED = 1000

const KINDS: Readonly<Record<string, Exclude<HeaderMutation['kind'], 'remove'>>> = {
  APPEND_IF_EXISTS_OR_ADD: 'append-if-exists-or-add',
  ADD_IF_ABSENT: 'add-if-absent',
  OVERWRITE_IF_EXISTS_OR_ADD: 'overwrite',
  OVERWRITE_IF_EXISTS: 'overwrite-if-exists',
}

/** Header fields to add and to remove at one level; undefined when there are none. */
export function compileHeaderMutations<T extends WithHeaderMutations>(
  reader: MessageReader<T>,
  values: CompileHeaderValue,
): HeaderMutations | undefined {
  const message: MessageReader<WithHeaderMutations> = reader as never
  for (const key of ['requestHeadersToAdd', 'responseHeadersToAdd'] as const)
    if (message.list(key).length > MAX_ADDED) throw message.path(key).invalid(`more than ${MAX_ADDED}`)
  const request = sorted([
    ...compileRemovals(message, 'requestHeadersToRemove'),
    ...message
      .each('requestHeadersToAdd', 'HeaderValueOption')
      .map((option) => compileOption(option, values, SINGLE_REQUEST_HEADERS)),
  ])
  const response = sorted([
    ...compileRemovals(message, 'responseHeadersToRemove'),
    ...message
      .each('responseHeadersToAdd', 'HeaderValueOption')
      .map((option) => compileOption(option, values, SINGLE_RESPONSE_HEADERS)),
  ])
  if (request.length === 0 && response.length === 0) return undefined
  return Object.freeze({ request: Object.freeze(request), response: Object.freeze(response) })
}

/** As Envoy does it, whatever the order in the configuration: removals, then what overwrites, then what adds. */
function sorted(mutations: HeaderMutation[]): HeaderMutation[] {
  return mutations.sort((a, b) => rankOf(a) - rankOf(b))
}

function rankOf({ kind }: HeaderMutation): number {
  if (kind === 'remove') return 0
  return kind === 'overwrite' || kind === 'overwrite-if-exists' ? 1 : 2
}

function compileRemovals(
  message: MessageReader<WithHeaderMutations>,
  key: 'requestHeadersToRemove' | 'responseHeadersToRemove',
): HeaderMutation[] {
  return message.list(key).map((name, i) => {
    checkName(name, message.path(key).index(i), true)
    return Object.freeze({ kind: 'remove', name: name.toLowerCase() })
  })
}

function compileOption(
  option: MessageReader<HeaderValueOption>,
  values: CompileHeaderValue,
  joined: ReadonlySet<string>,
): HeaderMutation {
  const header = option.nested('header', 'HeaderValue')
  if (header === undefined) throw option.path('header').invalid('is required')
  const name = header.requiredText('key').toLowerCase()
  checkAddedText(name, header.path('key'))
  checkName(name, header.path('key'), false)
  const raw = header.take('rawValue')
  const text = raw === undefined ? header.text('value') : Buffer.from(raw).toString('latin1')
  header.done()
  checkAddedText(text, header.path('value'))
  const value = values(text, header.path('value'))
  const keepEmpty = option.flag('keepEmptyValue')
  // `append` is the older form of `append_action`: present, it decides between adding and overwriting.
  const { append } = option.message
  option.skip('append')
  if (append !== undefined && option.has('appendAction') && option.message.appendAction !== DEFAULT_ACTION)
    throw option.path('append').invalid('must not stand beside append_action')
  const kind =
    append !== undefined
      ? (append.value ?? false)
        ? 'append-if-exists-or-add'
        : 'overwrite'
      : meaningOf(KINDS, option.take('appendAction') ?? DEFAULT_ACTION, option.path('appendAction'))
  option.skip('appendAction')
  option.done()
  return Object.freeze({ kind, name, value, keepEmpty, ...(joined.has(name) ? JOINS : {}) })
}

const JOINS = { joins: true } as const

/** As Envoy: there are other ways to change what routing itself depends on. */
function checkName(name: string, at: FieldPath, removing: boolean): void {
  if (name === '' || /[\s\u0000-\u001f\u007f]/.test(name))
    throw at.invalid(`${JSON.stringify(name)} is no header name`)
  if (name.startsWith(':') || name.toLowerCase() === 'host')
    throw at.invalid(`${name} must not be ${removing ? 'removed' : 'changed'}`)
}
