import { createSecureContext } from 'node:tls'

/** Suites of TLS 1.2 that BoringSSL has, by the names of OpenSSL. */
const SUITES: ReadonlySet<string> = new Set([
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA256',
  'ECDHE-RSA-AES256-SHA',
  'ECDHE-PSK-CHACHA20-POLY1305',
  'ECDHE-PSK-AES128-CBC-SHA',
  'ECDHE-PSK-AES256-CBC-SHA',
  'AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-SHA',
  'AES256-SHA',
  'PSK-AES128-CBC-SHA',
  'PSK-AES256-CBC-SHA',
  'DES-CBC3-SHA',
])

/** Words for several suites at once. */
const ALIASES: ReadonlySet<string> = new Set(
  'ALL kRSA kECDHE kEECDH kPSK aRSA aECDSA aPSK ECDSA ECDHE EECDH RSA PSK 3DES AES128 AES256 AES AESGCM CHACHA20 SHA SHA1 SSLv3 TLSv1 TLSv1.2 HIGH FIPS'.split(
    ' ',
  ),
)

/** The names of the TLS registry: `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`. */
const REGISTERED = /^TLS_[A-Z0-9_]+_WITH_[A-Z0-9_]+$/

/**
 * The first name in a cipher list that BoringSSL would refuse the list for; undefined when it knows them all.
 *
 * @param list - without the brackets of groups: `ECDHE+AESGCM:!RSA:AES128-SHA`
 */
export function unknownCipher(list: string): string | undefined {
  for (const [i, rule] of list.split(':').entries()) {
    if (i === 0 && rule === 'DEFAULT') continue
    for (const name of rule.replace(/^[-+!]/, '').split('+'))
      if (!SUITES.has(name) && !ALIASES.has(name) && !REGISTERED.test(name)) return name
  }
  return undefined
}

/** Whether OpenSSL has one at least of the suites of a list: it has dropped some that BoringSSL has. */
export function hasCipher(list: string): boolean {
  try {
    createSecureContext({ ciphers: list })
    return true
  } catch {
    return false
  }
}
