import type { UpstreamTlsContext } from '@batten/xds'
import { TYPE_URLS, unpackAnyAs } from '@batten/xds'
import { describe, expect, it } from 'vitest'
import { decoded, objectsOf, snapshotOf, testNode } from '../../../test/support/translate-case.ts'
import { createTranslator } from '../translator.ts'

const OUTSIDE = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: outside }
spec: { hosts: [example.com], ports: [{ number: 80, name: http, protocol: HTTP }], resolution: DNS }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: outside }
spec:
  host: example.com
  trafficPolicy: { tls: { mode: SIMPLE, credentialName: roots } }
  SELECTOR
`
const SELECTOR = 'workloadSelector: { matchLabels: { app: client } }\n  exportTo: ["."]'
const NAME = 'outbound|80||example.com'

async function clusterOf(text: string) {
  const { snapshot } = await snapshotOf(objectsOf(text))
  const translator = createTranslator()
  const view = translator.view(snapshot, testNode({ labels: { app: 'client' } }))
  const cluster = decoded(view, 'CDS', 'envoy.config.cluster.v3.Cluster').find(({ name }) => name === NAME)
  return { cluster, secrets: [...view.resources(TYPE_URLS.SDS).keys()], problems: translator.problems }
}

describe('the cluster of a rule that names a Secret', () => {
  it('speaks plain text from sidecars that the rule does not select, which never wait for the Secret', async () => {
    const { cluster, secrets, problems } = await clusterOf(OUTSIDE.replace('SELECTOR', ''))
    expect(cluster?.type).toBe('STRICT_DNS')
    expect(cluster?.transportSocket).toBeUndefined()
    expect(secrets).toEqual([])
    expect(problems).toEqual([])
  })

  it('uses the Secret of its own namespace in a sidecar that the rule selects', async () => {
    const secret =
      '---\napiVersion: v1\nkind: Secret\nmetadata: { name: roots }\nstringData: { ca.crt: roots }\n'
    const { cluster, secrets } = await clusterOf(OUTSIDE.replace('SELECTOR', SELECTOR) + secret)
    const tls: UpstreamTlsContext = unpackAnyAs(
      'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
      cluster!.transportSocket!.typedConfig!,
    )
    expect(tls.commonTlsContext?.combinedValidationContext?.validationContextSdsSecretConfig?.name).toBe(
      'kubernetes://roots-cacert',
    )
    expect(secrets).toEqual(['kubernetes://roots-cacert'])
  })

  it('is left out, and told, when the Secret is missing: a proxy would wait for it', async () => {
    const { cluster, problems } = await clusterOf(OUTSIDE.replace('SELECTOR', SELECTOR))
    expect(cluster).toBeUndefined()
    expect(problems).toEqual([
      {
        code: 'CP_SECRET_UNUSABLE',
        severity: 'error',
        subject: 'TLS of DestinationRule default/outside',
        message:
          'there is no Secret default/roots-cacert with ca.crt, so sidecars of namespace default cannot reach example.com',
        object: 'networking.istio.io/DestinationRule/default/outside',
        path: 'spec.trafficPolicy.tls.credentialName',
      },
    ])
  })
})
