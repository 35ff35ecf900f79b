import { parseGoUrl } from '../../cel/functions/go-url.ts'
import type { JWTRule, RequestAuthenticationSpec } from '../../gen/types/security/request-authentication.ts'
import { strictHeaderNameProblem } from './headers.ts'
import { checkAttachment } from './labels.ts'
import type { KindRules, Path, RuleReport } from './report.ts'
import { checkDuration } from './scalars.ts'

/** Rules of RequestAuthentication. */
export const requestAuthenticationRules: KindRules<RequestAuthenticationSpec> = (spec, _object, report) => {
  checkAttachment(spec, report)
  for (const [i, rule] of (spec.jwtRules ?? []).entries()) checkJwtRule(rule, ['spec', 'jwtRules', i], report)
}

function checkJwtRule(rule: JWTRule, path: Path, report: RuleReport): void {
  if ([rule.issuer, rule.jwksUri, rule.jwks_uri].every((text) => (text ?? '') === '')) {
    report.error(
      [...path, 'issuer'],
      'RULE_JWT',
      'issuer or jwksUri must be non-empty string',
      'set issuer, so that tokens of others are refused',
    )
  }
  const notEmpty = {
    audiences: 'audience',
    fromParams: 'location query',
    fromCookies: 'cookie name',
  } as const
  for (const [field, what] of Object.entries(notEmpty)) {
    for (const [i, text] of (rule[field as keyof typeof notEmpty] ?? []).entries()) {
      if (text === '') report.error([...path, field, i], 'RULE_JWT', `${what} must be non-empty string`)
    }
  }
  for (const field of ['jwksUri', 'jwks_uri'] as const) {
    const uri = rule[field] ?? ''
    if (uri !== '') report.check([...path, field], 'RULE_JWT', keyAddressProblem(uri))
  }
  if ((rule.jwks ?? '') !== '') report.check([...path, 'jwks'], 'RULE_JWT', keysProblem(rule.jwks!))
  for (const [i, { name = '' }] of (rule.fromHeaders ?? []).entries()) {
    if (name === '') {
      report.error(
        [...path, 'fromHeaders', i, 'name'],
        'RULE_JWT',
        'location header name must be non-empty string',
      )
    }
  }
  for (const [i, { header = '', claim = '' }] of (rule.outputClaimToHeaders ?? []).entries()) {
    const at = [...path, 'outputClaimToHeaders', i]
    if (header === '' || claim === '') {
      report.error(at, 'RULE_JWT', 'outputClaimToHeaders header and claim value must be non-empty string')
    } else report.check([...at, 'header'], 'RULE_HEADER', strictHeaderNameProblem(header))
  }
  checkDuration(rule.timeout, [...path, 'timeout'], report)
}

function keyAddressProblem(text: string): string | undefined {
  const url = parseGoUrl(text)
  if (url === undefined) return `parse ${JSON.stringify(text)}: invalid URL`
  if (url.scheme !== 'http' && url.scheme !== 'https')
    return `URI scheme ${JSON.stringify(url.scheme)} is not supported`
  // Go's numbers end at 63 bits; no port comes near.
  return url.port.length > 18
    ? `strconv.Atoi: parsing ${JSON.stringify(url.port)}: value out of range`
    : undefined
}

/** Members that a key of each type must have. */
const KEY_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  oct: ['k'],
  OKP: ['crv', 'x'],
}

/** What is wrong with a set of keys (RFC 7517), or with a single key. */
function keysProblem(text: string): string | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (thrown) {
    return `jwks parse error: ${thrown instanceof Error ? thrown.message : String(thrown)}`
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return 'jwks parse error: it is not an object'
  const { keys } = parsed as { keys?: unknown }
  if (keys !== undefined && !Array.isArray(keys)) return 'jwks parse error: "keys" is not a list'
  // Without keys the text as a whole is one.
  for (const key of keys === undefined || keys.length === 0 ? [parsed] : (keys as unknown[])) {
    const problem = keyProblem(key)
    if (problem !== undefined) return `jwks parse error: ${problem}`
  }
  return undefined
}

function keyProblem(key: unknown): string | undefined {
  if (typeof key !== 'object' || key === null) return 'a key is not an object'
  const fields = key as Record<string, unknown>
  const type = fields['kty']
  if (typeof type !== 'string') return 'a key has no "kty"'
  const members = Object.hasOwn(KEY_MEMBERS, type) ? KEY_MEMBERS[type]! : undefined
  if (members === undefined) return `unknown key type ${JSON.stringify(type)}`
  const missing = members.find((member) => typeof fields[member] !== 'string')
  if (missing !== undefined) return `a key of type ${type} has no "${missing}"`
  const broken = members.find(
    (member) => member !== 'crv' && !/^[A-Za-z0-9_\-+/]*=*$/.test(fields[member] as string),
  )
  return broken === undefined ? undefined : `"${broken}" of a key is not base64`
}
