import { describe, expect, it } from 'vitest'
import { printSettings, readSettings } from './options.ts'

describe('readSettings', () => {
  it('starts from defaults with the ports of Istio, on loopback', () => {
    expect(readSettings({})).toMatchObject({
      host: '127.0.0.1',
      debugHost: '127.0.0.1',
      xdsPort: 15010,
      tlsPort: 15012,
      debugPort: 15014,
      trustDomain: 'cluster.local',
      workloadCertTtlMs: 86_400_000,
      stateDirectory: undefined,
      jwtRule: undefined,
    })
  })

  it('takes environment variables under the names of Istio, and flags over them', () => {
    const settings = readSettings(
      {
        DEFAULT_WORKLOAD_CERT_TTL: '1h30m',
        ROOT_CA_DIR: '/etc/cacerts',
        BATTEN_XDS_PORT: '1234',
        BATTEN_CONFIG_PATHS: 'a,b',
        JWT_RULE: '{"issuer":"https://x","jwks_uri":"https://x/keys","audiences":["a"]}',
      },
      { xdsPort: 0 },
    )
    expect(settings).toMatchObject({
      workloadCertTtlMs: 5_400_000,
      pluggedInCaDirectory: '/etc/cacerts',
      xdsPort: 0,
      configPaths: ['a', 'b'],
      jwtRule: { issuer: 'https://x', jwksUri: 'https://x/keys', audiences: ['a'] },
    })
  })

  it.each([
    [
      'BATTEN_XDS_PORT',
      '70000',
      /BATTEN_XDS_PORT cannot be used: "70000" is no whole number from 0 to 65535/,
    ],
    ['DEFAULT_WORKLOAD_CERT_TTL', 'soon', /"soon" is no duration/],
    ['JWT_RULE', '{"issuer":"x"}', /JWT_RULE cannot be used: it needs "issuer" and an address/],
    ['JWT_RULE', '{', /JWT_RULE cannot be used/],
    ['BATTEN_LOG_LEVEL', 'xds:loud', /"loud" is no log level/],
  ])('names the variable %s with a value that cannot be used', (name, value, message) => {
    expect(() => readSettings({ [name]: value })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringMatching(message) }),
    )
  })

  it('prints every setting with its variable and the value in force', () => {
    const text = printSettings(readSettings({ BATTEN_XDS_PORT: '1' }))
    expect(text).toMatch(/^BATTEN_XDS_PORT +1 +Plaintext xDS$/m)
    expect(text).toMatch(/^TRUST_DOMAIN +cluster\.local +/m)
  })
})
