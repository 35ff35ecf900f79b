import { describe, expect, it } from 'vitest'
import { certificateProblem, keyProblem } from './certificate.ts'

// Certificates for CN=a, valid until 2126. The keys protect nothing.
const EC_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBbzCCARWgAwIBAgIUI0UULUKe0PUOvP8JcLMf9htZMDYwCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBYTAgFw0yNjExMjExNDEwMDlaGA8yMTI2MTAyODE0MTAwOVow
DDEKMAgGA1UEAwwBYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGpqQDVOEKSU
+7I1Pc6nlpLTXamqZNa21UyI5dYXtMWwENzZMt3GMkS/et/7Gwz2WlVTh4WgvgQU
auesQDA58WWjUzBRMB0GA1UdDgQWBBQTIuWhuTLilXp1yIk4/SQkIEDGjzAfBgNV
HSMEGDAWgBQTIuWhuTLilXp1yIk4/SQkIEDGjzAPBgNVHRMBAf8EBTADAQH/MAoG
CCqGSM49BAMCA0gAMEUCIHPpgdC/3q7mE8977nAvahHnd8mKUeP2GEbj4S6SVJ+B
AiEAzyY3hqxzqB3AAEymjN4zmbZ/hqKLcEtRjOUcs3Zw00A=
-----END CERTIFICATE-----`
const EC_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQguywwCdDrfBmZhYc4
PgAx9iOQ9BRbxfkXus8LOex9BBShRANCAARqakA1ThCklPuyNT3Op5aS012pqmTW
ttVMiOXWF7TFsBDc2TLdxjJEv3rf+xsM9lpVU4eFoL4EFGrnrEAwOfFl
-----END PRIVATE KEY-----`
const EC_KEY_SEC1 = `-----BEGIN EC PRIVATE KEY-----
MHcCAQEEILssMAnQ63wZmYWHOD4AMfYjkPQUW8X5F7rPCznsfQQUoAoGCCqGSM49
AwEHoUQDQgAEampANU4QpJT7sjU9zqeWktNdqapk1rbVTIjl1he0xbAQ3Nky3cYy
RL963/sbDPZaVVOHhaC+BBRq56xAMDnxZQ==
-----END EC PRIVATE KEY-----`
const RSA_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIB9jCCAV+gAwIBAgIUFpTlUWX4p0BMIjf3PEpMQohI1sowDQYJKoZIhvcNAQEL
BQAwDDEKMAgGA1UEAwwBYTAgFw0yNjExMjExNDEwMDlaGA8yMTI2MTAyODE0MTAw
OVowDDEKMAgGA1UEAwwBYTCBnzANBgkqhkiG9w0BAQEFAAOBjQAwgYkCgYEAq5J7
R6809aB1btsIKHpS3z5B3dJI9RgmMokAgAs7Ua3n+4ZXhdVr+D6d59yNWbIyBbxQ
yGqZMf1NvD9azgOL7A+zOCxbMlutsT4Lq29ehfeAUox5+ZTNg0H46wCRgpY4d5AU
MUaBodn6wRYfogeYrUojT8HUMKTTg7lkG9B6JxkCAwEAAaNTMFEwHQYDVR0OBBYE
FD8qNRQwE+WzHQUxhxKbqJ43uapXMB8GA1UdIwQYMBaAFD8qNRQwE+WzHQUxhxKb
qJ43uapXMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADgYEAMo0D26pF
u2FmF+i0GXIfMDuLzu6yYjNpF8EwuAjOTkpp7fvHdk81NYN0aE9NY1HSnNXW8dOR
u71Ii+2ZyHpNK0GnyT1HH640UlrxqdDgDSdlZu02PdhlUIyCKL7uvKUY655MThaX
k88OjhyNWKkxmo14rnY3hnhtiHgrc8lEUY4=
-----END CERTIFICATE-----`
const RSA_KEY = `-----BEGIN PRIVATE KEY-----
MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBAKuSe0evNPWgdW7b
CCh6Ut8+Qd3SSPUYJjKJAIALO1Gt5/uGV4XVa/g+nefcjVmyMgW8UMhqmTH9Tbw/
Ws4Di+wPszgsWzJbrbE+C6tvXoX3gFKMefmUzYNB+OsAkYKWOHeQFDFGgaHZ+sEW
H6IHmK1KI0/B1DCk04O5ZBvQeicZAgMBAAECgYAk6xIn7KWCrRJX1j29KAUpEGZv
6s3UH2wot54p70DGZJtkXhX7MF9ZPXAQ8j5gLJ3i6hCf74AjZ5QQi7loVw8GVGNm
AgvRbUZYmIE/SPiUOBa/Htmo9GIGqaa6AqF3AxscXup1XhobatjxobxCgzXfZPo7
yyDU0z0deCQgE2KdAQJBANjoGYsV0zRC+QTBVjifHamcZaAQTiE1T+q8W0ipjyEt
95f6xU5a4D3MOJXSelB8tY/hcj1zp4PZTxAup+7JpmkCQQDKfq+48j0KvRDn9zrs
d1pZrCwkITRmgZlClspLB/rtEcVQmbmn7DO0ks3fEHtW9ilFZGERkDUdBWAY+AR2
70UxAkBOJfFuBwL9RVPqvq2N4OYTAeIrdTRxCoAslohc+Zoz3hfijdsgi+VW3olU
kWy4KvZPTG6YbV7hRh4SOn0Or2BhAkEAiigJaFwN/celQz7Q+wkrocbwju4AvHdr
w5zyBGM7dogLYcSggMuNM4R95dVu8ZQd8HReLgd/1X8XY7HECgmR4QJBAJ/WAvq+
Y7RLWP/MOagL5m7D4ErWL8eCTwtM/lF7JxJiol8ChS7QoNGnQs1+/rGDPadFZLTW
q4+9b5PGK7s39uQ=
-----END PRIVATE KEY-----`
const RSA_KEY_PKCS1 = `-----BEGIN RSA PRIVATE KEY-----
MIICXQIBAAKBgQCrkntHrzT1oHVu2wgoelLfPkHd0kj1GCYyiQCACztRref7hleF
1Wv4Pp3n3I1ZsjIFvFDIapkx/U28P1rOA4vsD7M4LFsyW62xPgurb16F94BSjHn5
lM2DQfjrAJGCljh3kBQxRoGh2frBFh+iB5itSiNPwdQwpNODuWQb0HonGQIDAQAB
AoGAJOsSJ+ylgq0SV9Y9vSgFKRBmb+rN1B9sKLeeKe9AxmSbZF4V+zBfWT1wEPI+
YCyd4uoQn++AI2eUEIu5aFcPBlRjZgIL0W1GWJiBP0j4lDgWvx7ZqPRiBqmmugKh
dwMbHF7qdV4aG2rY8aG8QoM132T6O8sg1NM9HXgkIBNinQECQQDY6BmLFdM0QvkE
wVY4nx2pnGWgEE4hNU/qvFtIqY8hLfeX+sVOWuA9zDiV0npQfLWP4XI9c6eD2U8Q
LqfuyaZpAkEAyn6vuPI9Cr0Q5/c67HdaWawsJCE0ZoGZQpbKSwf67RHFUJm5p+wz
tJLN3xB7VvYpRWRhEZA1HQVgGPgEdu9FMQJATiXxbgcC/UVT6r6tjeDmEwHiK3U0
cQqALJaIXPmaM94X4o3bIIvlVt6JVJFsuCr2T0xumG1e4UYeEjp9Dq9gYQJBAIoo
CWhcDf3HpUM+0PsJK6HG8I7uALx3a8Oc8gRjO3aIC2HEoIDLjTOEfeXVbvGUHfB0
Xi4Hf9V/F2OxxAoJkeECQQCf1gL6vmO0S1j/zDmoC+Zuw+BK1i/Hgk8LTP5ReycS
YqJfAoUu0KDRp0LNfv6xgz2nRWS01quPvW+Txiu7N/bk
-----END RSA PRIVATE KEY-----`
const ED_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBLjCB4aADAgECAhQ0FYpzugmXSlFMh+nX0hh10k3vTjAFBgMrZXAwDDEKMAgG
A1UEAwwBYTAgFw0yNjExMjExNDEwMDlaGA8yMTI2MTAyODE0MTAwOVowDDEKMAgG
A1UEAwwBYTAqMAUGAytlcAMhAAR/tL7RsKPDMsZriA8Gn23qiItiAamYzro/2g2V
sHhBo1MwUTAdBgNVHQ4EFgQU8MMcBJEnFojckrVUh7NkxcV8XS4wHwYDVR0jBBgw
FoAU8MMcBJEnFojckrVUh7NkxcV8XS4wDwYDVR0TAQH/BAUwAwEB/zAFBgMrZXAD
QQCHAEvgss8DR4hrKdldapThXaJSwfenI2LnmC7hHSDNmURajDtrolF5dP3KxoCE
eRta44QzLB6YWk/mroHAP2UL
-----END CERTIFICATE-----`
const ED_KEY = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIHoKECY0DSt2FU5s6R6DRX+9GajOa2iwYvPV7/0c080S
-----END PRIVATE KEY-----`

const NOW = Date.UTC(2027, 7, 22)

describe('a certificate and its key', () => {
  it.each([
    ['of an elliptic curve, PKCS#8', EC_CERTIFICATE, EC_KEY],
    ['of an elliptic curve, SEC 1', EC_CERTIFICATE, EC_KEY_SEC1],
    ['of RSA, PKCS#8', RSA_CERTIFICATE, RSA_KEY],
    ['of RSA, PKCS#1', RSA_CERTIFICATE, RSA_KEY_PKCS1],
    ['of an Edwards curve', ED_CERTIFICATE, ED_KEY],
    ['with text and a chain around it', `leaf\n${EC_CERTIFICATE}\n${RSA_CERTIFICATE}`, `key\n${EC_KEY}`],
  ])('%s is good', (_, certificate, key) => {
    expect(certificateProblem(certificate, NOW)).toBeUndefined()
    expect(keyProblem(certificate, key)).toBeUndefined()
  })

  it.each([
    ['no PEM', 'x', 'the certificate is not PEM'],
    ['a key for a certificate', EC_KEY, 'the certificate is not PEM'],
    ['PEM of something else', cut(EC_CERTIFICATE, 40), 'the certificate is not X.509'],
  ])('%s is told', (_, certificate, problem) => {
    expect(certificateProblem(certificate, NOW)).toBe(problem)
    expect(keyProblem(certificate, EC_KEY)).toBeUndefined()
  })

  it.each([
    ['no key', EC_CERTIFICATE, '', 'the private key is not PEM'],
    ['a broken key', EC_CERTIFICATE, cut(EC_KEY, 4), 'the private key cannot be read'],
    ['the key of another', EC_CERTIFICATE, RSA_KEY, 'the private key is not that of the certificate'],
    ['the key of another kind', RSA_CERTIFICATE, EC_KEY, 'the private key is not that of the certificate'],
  ])('%s is told of the key', (_, certificate, key, problem) => {
    expect(keyProblem(certificate, key)).toBe(problem)
  })

  it('expires', () => {
    expect(certificateProblem(EC_CERTIFICATE, Date.UTC(2200, 0))).toBe(
      'the certificate expired on 2126-10-28T14:10:09.000Z',
    )
  })

  it('begins', () => {
    expect(certificateProblem(EC_CERTIFICATE, Date.UTC(2026, 0))).toBe(
      'the certificate is not valid before 2026-11-21T14:10:09.000Z',
    )
  })
})

/** PEM whose content ends early. */
function cut(pem: string, length: number): string {
  const [head, body = '', ...rest] = pem.split('\n')
  return [head, body.slice(0, length), rest.at(-1)].join('\n')
}
