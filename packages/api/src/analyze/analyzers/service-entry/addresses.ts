import type { Analyzer } from '../../analyzer.ts'
import { listAt } from '../../loose.ts'

/**
 * A host of plain TCP is known by its address only: without one the entry takes all traffic on its port.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0134/
 */
export const serviceEntryAddresses: Analyzer = {
  name: 'serviceentry.Analyzer',
  aliases: ['serviceentry.ProtocolAddressesAnalyzer'],
  description: 'Checks the address(es) associated with the ServiceEntry protocol',
  codes: ['IST0134'],
  analyze(context) {
    const { meshConfig } = context
    const isOn = (name: string): boolean => meshConfig.proxyMetadata(name) === 'true'
    const isAllocated =
      (isOn('ISTIO_META_DNS_CAPTURE') && isOn('ISTIO_META_DNS_AUTO_ALLOCATE')) ||
      isOn('PILOT_ENABLE_IP_AUTOALLOCATE')
    if (isAllocated) return
    for (const entry of context.all('networking.istio.io/ServiceEntry')) {
      if ((entry.spec.addresses ?? []).length > 0) continue
      if (listAt(entry.fields, 'status', 'addresses').length > 0) continue
      for (const [i, { protocol = '' }] of (entry.spec.ports ?? []).entries()) {
        if (protocol !== '' && protocol.toUpperCase() !== 'TCP') continue
        context.report(entry, 'IST0134', [], ['spec', 'ports', i, 'protocol'], { eachPlace: true })
      }
    }
  },
}
