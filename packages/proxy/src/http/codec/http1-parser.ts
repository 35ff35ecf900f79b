import { latin1Of } from '../../network/latin1.ts'
import {
  FIELD_NAME_SHIFT,
  FIELD_VERBATIM,
  type HeaderTable,
  type RequestHeaderTable,
  type ResponseHeaderTable,
} from '../header-table.ts'
import { Header, headerIdOfBytes, highBit, lowBit } from '../known-headers.ts'
import { isAuthority, parseTarget } from './http1-target.ts'
import type { HeadLimits } from './limits.ts'

const CR = 13
const LF = 10
const SP = 32
const TAB = 9
const COLON = 58
const DOT = 46
const SLASH = 47

/** Token bytes, mapped to lower case; 0 for a byte that is not one. */
const TOKEN = new Uint8Array(256)
for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")
  TOKEN[char.charCodeAt(0)] = char.charCodeAt(0)
for (let byte = 65; byte <= 90; byte++) TOKEN[byte] = byte + 32
/** 1 for bytes of a field value: tab, space, visible, obs-text. */
const VALUE = new Uint8Array(256).fill(1, 32)
VALUE[TAB] = 1
VALUE[127] = 0
/** 1 for bytes of a request target: visible ASCII. Whether a fragment may pass is for the owner to say. */
const TARGET = new Uint8Array(256).fill(1, 33, 127)

const HTTP_SLASH = 'HTTP/'
const HOST_BIT = lowBit(Header.host)

/** Cuts of the head that is being parsed; a table gets a copy of just the right size. */
const scratch: number[] = []

/** More of the head must arrive. */
export const INCOMPLETE = -1
/** The head is refused; see {@link HeadParser.error}. */
export const REFUSED = -2

/** Why a head was refused. */
export interface HeadError {
  /** Status of the answer; for a response head it is not used. */
  readonly status: number
  /** Response code details as Envoy names them, e.g. `http1.codec_error`. */
  readonly details: string
}

const SYNTAX = error(400, 'http1.codec_error')
const BAD_CHARACTER = error(400, 'http1.invalid_characters')
const BAD_URL = error(400, 'http1.invalid_url')
const LENGTH_AND_CHUNKED = error(400, 'http1.content_length_and_chunked_not_allowed')
const BAD_TRANSFER_ENCODING = error(501, 'http1.invalid_transfer_encoding')
const BAD_HOST = error(400, 'http.invalid_authority')
const BODY_DISALLOWED = error(400, 'http1.body_disallowed')
const TOO_MANY = error(431, 'http1.too_many_headers')
const TOO_LARGE = error(431, 'http1.headers_too_large')
/** HTTP/1.0 where it is not accepted, and versions that do not exist. */
export const LOW_VERSION = error(426, 'low_version')

function error(status: number, details: string): HeadError {
  return { status, details }
}

/**
 * Strict HTTP/1 head parser: one pass over the bytes, no regular expression and no string until the head is complete.
 * One object a connection; a parse leaves its findings in the fields.
 *
 * Field names are lowered in place, so that the text of the head already has the names that are sent on.
 *
 * Differs from Envoy: bare LF, a bare CR, obs-fold, tabs or several spaces in a request line, repeated `host`, an empty
 * `host` and user names in one are refused, never repaired, and so are versions of responses other than 1.0 and 1.1. Most
 * of them have been used to make two parsers disagree about where a message ends. A length has 15 digits at most. Names
 * and values of repeated fields stay apart; Envoy joins those of some names with a comma.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112
 */
export class HeadParser {
  error: HeadError = SYNTAX
  /** 0 or 1. */
  minorVersion = 1
  /** -1 without one. */
  contentLength = -1
  chunked = false
  /** `connection: close` and its friends. */
  close = false
  keepAlive = false
  upgrade = false
  /** `connection` names other fields, which are hop-by-hop. */
  nominates = false
  expectContinue = false
  readonly #limits: HeadLimits
  /** The last host that was looked at: a connection mostly asks for one. */
  #knownHost: string | undefined

  constructor(limits: HeadLimits) {
    this.#limits = limits
  }

  /** Parses a request head at `bytes[start, end)`; returns the offset behind it, INCOMPLETE or REFUSED. */
  parseRequest(bytes: Buffer, start: number, end: number, table: RequestHeaderTable): number {
    let p = start
    let byte = 0
    while (p < end && TOKEN[(byte = bytes[p]!)] !== 0) p++
    if (p === end) return this.#incomplete(end - start)
    if (byte !== SP || p === start) return this.#refuse(SYNTAX)
    const methodEnd = p
    const targetStart = ++p
    while (p < end && TARGET[(byte = bytes[p]!)] === 1) p++
    if (p === end) return this.#incomplete(end - start)
    if (byte !== SP || p === targetStart)
      return this.#refuse(byte === 0 || byte === 127 ? BAD_CHARACTER : SYNTAX)
    const targetEnd = p
    // " HTTP/1.x\r\n"
    if (end < p + 11) return this.#shortVersion(bytes, p, end, start)
    if (!isHttpSlash(bytes, p + 1)) return this.#refuse(SYNTAX)
    const version = this.#version(bytes, p + 6)
    if (version < 0 || bytes[p + 9] !== CR || bytes[p + 10] !== LF) return this.#refuse(SYNTAX)
    if (version > 11) return this.#refuse(LOW_VERSION)
    p = this.#fields(bytes, p + 11, end, start, table)
    if (p < 0) return p
    const text = latin1Of(bytes, start, p)
    table.text = text
    table.method = table.parsedMethod = methodOf(text, methodEnd - start)
    const target = text.slice(targetStart - start, targetEnd - start)
    const host = table.getId(Header.host)
    if (host !== undefined) {
      const isPlain = version === 11 && bytes[targetStart] === SLASH
      if (isPlain) table.startEnd = table.endOfFirst(Header.host, targetEnd + 11 - start)
      table.removeId(Header.host)
    }
    if (host !== undefined && host !== this.#knownHost) {
      if (!isAuthority(host)) return this.#refuse(BAD_HOST)
      this.#knownHost = host
    }
    if (!parseTarget(target, host, table)) return this.#refuse(BAD_URL)
    if (table.method === 'CONNECT') {
      // Whatever follows belongs to the tunnel.
      if (this.chunked) return this.#refuse(BAD_TRANSFER_ENCODING)
      if (this.contentLength > 0) return this.#refuse(BODY_DISALLOWED)
    }
    return p
  }

  /** Parses a response head; returns the offset behind it, INCOMPLETE or REFUSED. */
  parseResponse(bytes: Buffer, start: number, end: number, table: ResponseHeaderTable): number {
    if (end < start + 13)
      return startsLikeHttp(bytes, start, end) ? this.#incomplete(end - start) : this.#refuse(SYNTAX)
    const version = isHttpSlash(bytes, start) ? this.#version(bytes, start + 5) : -1
    if (version < 0 || version > 11) return this.#refuse(SYNTAX)
    if (bytes[start + 8] !== SP) return this.#refuse(SYNTAX)
    const status = digit(bytes[start + 9]!) * 100 + digit(bytes[start + 10]!) * 10 + digit(bytes[start + 11]!)
    if (!(status >= 100)) return this.#refuse(SYNTAX)
    let p = start + 12
    if (bytes[p] === SP) p++
    else if (bytes[p] !== CR) return this.#refuse(SYNTAX)
    while (p < end && VALUE[bytes[p]!] === 1) p++
    if (p + 2 > end) return this.#incomplete(end - start)
    if (bytes[p] !== CR || bytes[p + 1] !== LF) return this.#refuse(BAD_CHARACTER)
    p = this.#fields(bytes, p + 2, end, start, table)
    if (p < 0) return p
    table.status = status
    table.text = latin1Of(bytes, start, p)
    return p
  }

  /** Parses a trailer section, closing empty line included. Fields that frame a message are refused in it. */
  parseTrailers(bytes: Buffer, start: number, end: number, table: HeaderTable): number {
    const p = this.#fields(bytes, start, end, start, table)
    if (p < 0) return p
    if (table.hasId(Header.contentLength) || table.hasId(Header.transferEncoding) || table.hasId(Header.host))
      return this.#refuse(SYNTAX)
    table.text = latin1Of(bytes, start, p)
    return p
  }

  #fields(bytes: Buffer, from: number, end: number, base: number, table: HeaderTable): number {
    this.contentLength = -1
    this.chunked = this.close = this.keepAlive = this.upgrade = this.nominates = this.expectContinue = false
    let room = this.#limits.maxHeaders
    let low = 0
    let high = 0
    let length = 0
    let p = from
    for (;;) {
      if (p === end) return this.#incomplete(end - base)
      let byte = bytes[p]!
      if (byte === CR) {
        if (p + 1 === end) return this.#incomplete(end - base)
        if (bytes[p + 1] !== LF) return this.#refuse(SYNTAX)
        p += 2
        if (p - base > this.#limits.maxHeadersBytes) return this.#refuse(TOO_LARGE)
        if (this.chunked && this.contentLength >= 0) return this.#refuse(LENGTH_AND_CHUNKED)
        table.setCuts(scratch.slice(0, length), low, high)
        return p
      }
      const nameStart = p
      let lower = TOKEN[byte]!
      while (lower !== 0) {
        if (lower !== byte) bytes[p] = lower
        if (++p === end) return this.#incomplete(end - base)
        byte = bytes[p]!
        lower = TOKEN[byte]!
      }
      if (byte !== COLON || p === nameStart) return this.#refuse(byte === 0 ? BAD_CHARACTER : SYNTAX)
      const nameEnd = p++
      while (p < end && ((byte = bytes[p]!) === SP || byte === TAB)) p++
      const valueStart = p
      while (p < end && VALUE[bytes[p]!] === 1) p++
      if (p + 1 >= end) {
        if (p < end && bytes[p] !== CR) return this.#refuse(BAD_CHARACTER)
        return this.#incomplete(end - base)
      }
      if (bytes[p] !== CR || bytes[p + 1] !== LF) return this.#refuse(BAD_CHARACTER)
      let valueEnd = p
      while (valueEnd > valueStart && ((byte = bytes[valueEnd - 1]!) === SP || byte === TAB)) valueEnd--
      if (room-- === 0) return this.#refuse(TOO_MANY)
      const id = headerIdOfBytes(bytes, nameStart, nameEnd)
      if (id !== 0) {
        if (id <= Header.expect) {
          if (id === Header.host && (low & HOST_BIT) !== 0) return this.#refuse(BAD_HOST)
          if (!this.#framing(id, bytes, valueStart, valueEnd)) return REFUSED
        }
        low |= lowBit(id)
        high |= highBit(id)
      }
      const verbatim = valueStart === nameEnd + 2 && bytes[nameEnd + 1] === SP && valueEnd === p
      const meta = id | (verbatim ? FIELD_VERBATIM : 0) | ((nameEnd - nameStart) << FIELD_NAME_SHIFT)
      scratch[length] = meta
      scratch[length + 1] = nameStart - base
      scratch[length + 2] = valueStart - base
      scratch[length + 3] = valueEnd - base
      length += 4
      p += 2
    }
  }

  /** Reads the fields that say where the message ends and what becomes of the connection. */
  #framing(id: number, bytes: Buffer, start: number, end: number): boolean {
    switch (id) {
      case Header.contentLength: {
        const length = decimal(bytes, start, end)
        if (length < 0 || this.contentLength >= 0) return this.#refuseField(SYNTAX)
        this.contentLength = length
        return true
      }
      case Header.transferEncoding:
        if (this.chunked || !isText(bytes, start, end, CHUNKED))
          return this.#refuseField(BAD_TRANSFER_ENCODING)
        this.chunked = true
        return true
      case Header.connection:
        if (isText(bytes, start, end, KEEP_ALIVE)) this.keepAlive = true
        else if (isText(bytes, start, end, CLOSE)) this.close = true
        else this.#connectionTokens(lowerText(bytes, start, end))
        return true
      case Header.proxyConnection:
        if (isText(bytes, start, end, CLOSE)) this.close = true
        return true
      case Header.expect:
        if (isText(bytes, start, end, CONTINUE)) this.expectContinue = true
        return true
      default:
        return true
    }
  }

  #connectionTokens(value: string): void {
    for (const token of value.split(',')) {
      const name = token.trim()
      if (name === 'close') this.close = true
      else if (name === 'keep-alive') this.keepAlive = true
      else if (name === 'upgrade') this.upgrade = true
      else if (name !== '') this.nominates = true
    }
  }

  /** Reads `1.x` at an offset: 10 or 11; 99 for other versions, -1 for what is not a version. */
  #version(bytes: Buffer, at: number): number {
    const major = bytes[at]! - 48
    const minor = bytes[at + 2]! - 48
    if (!(major >= 0 && major <= 9 && minor >= 0 && minor <= 9) || bytes[at + 1] !== DOT) return -1
    if (major !== 1 || minor > 1) return 99
    this.minorVersion = minor
    return 10 + minor
  }

  /** Refuses early what can no longer become a request line, so that a slow line feeder is not waited for. */
  #shortVersion(bytes: Buffer, at: number, end: number, start: number): number {
    const seen = latin1Of(bytes, at, end)
    const wanted = / ?H?T?T?P?\/?\d?\.?\d?\r?$/
    return ' HTTP/'.startsWith(seen.slice(0, 6)) && wanted.test(seen)
      ? this.#incomplete(end - start)
      : this.#refuse(SYNTAX)
  }

  #incomplete(length: number): number {
    return length > this.#limits.maxHeadersBytes ? this.#refuse(TOO_LARGE) : INCOMPLETE
  }

  #refuseField(why: HeadError): false {
    this.error = why
    return false
  }

  #refuse(why: HeadError): number {
    this.error = why
    return REFUSED
  }
}

/** Whether bytes are the beginning of `HTTP/`, or that and more. */
function startsLikeHttp(bytes: Buffer, start: number, end: number): boolean {
  return HTTP_SLASH.startsWith(latin1Of(bytes, start, Math.min(end, start + HTTP_SLASH.length)))
}

function isHttpSlash(bytes: Buffer, at: number): boolean {
  return (
    bytes[at] === 72 &&
    bytes[at + 1] === 84 &&
    bytes[at + 2] === 84 &&
    bytes[at + 3] === 80 &&
    bytes[at + 4] === 47
  )
}

/** Value of an ASCII digit, NaN for anything else. */
function digit(byte: number): number {
  return byte >= 48 && byte <= 57 ? byte - 48 : Number.NaN
}

/** Plain decimal number of at most 15 digits, -1 for anything else. */
function decimal(bytes: Buffer, start: number, end: number): number {
  if (end === start || end - start > 15) return -1
  let value = 0
  for (let i = start; i < end; i++) {
    const d = bytes[i]! - 48
    if (d < 0 || d > 9) return -1
    value = value * 10 + d
  }
  return value
}

const KEEP_ALIVE = Buffer.from('keep-alive')
const CLOSE = Buffer.from('close')
const CHUNKED = Buffer.from('chunked')
const CONTINUE = Buffer.from('100-continue')

/** Whether bytes are a lower-case word, in any case. */
function isText(bytes: Buffer, start: number, end: number, word: Buffer): boolean {
  if (end - start !== word.length) return false
  for (let i = 0; i < word.length; i++) {
    const byte = bytes[start + i]!
    if (byte !== word[i] && TOKEN[byte] !== word[i]) return false
  }
  return true
}

/** A method as text; the common ones without making a string. */
function methodOf(text: string, end: number): string {
  if (end === 3 && text.startsWith('GET')) return 'GET'
  if (end === 4 && text.startsWith('POST')) return 'POST'
  return text.slice(0, end)
}

function lowerText(bytes: Buffer, start: number, end: number): string {
  return latin1Of(bytes, start, end).toLowerCase()
}
