import { double, field, message, text, uint32 } from '../node.ts'

/** A port by its number. */
export const PortSelector = message('PortSelector', 'Chooses a port of a service.', {
  number: uint32('Number of the port.', { example: '8080' }),
})

/** Where traffic goes. */
export const Destination = message(
  'Destination',
  'A service, or a subset of its workloads, that receives traffic.',
  {
    host: text(
      'Name of a service in the registry. A short name is completed with the namespace of the object that holds it, not of the service.',
      { example: 'reviews.prod.svc.cluster.local' },
    ),
    subset: text('Name of a subset that a DestinationRule of this host defines.', { example: 'v2' }),
    port: field(PortSelector, 'Port of the service.', {
      defaults: 'the port the request came in on, or the only port of the service',
    }),
  },
  { required: ['host'], example: 'host: reviews\nsubset: v2' },
)

/** A share of traffic. */
export const Percent = message('Percent', 'A share between 0 and 100, with fractions down to 0.0001.', {
  value: double('The share in percent.', { example: '0.1' }),
})
