import { expect, it } from 'vitest'
import { defaultEndpointToAddress } from './default-endpoint.ts'

it.each([
  [undefined, { socketAddress: { address: '127.0.0.1', portValue: 9080 } }],
  ['127.0.0.1:8080', { socketAddress: { address: '127.0.0.1', portValue: 8080 } }],
  ['0.0.0.0:8080', { socketAddress: { address: '10.0.0.1', portValue: 8080 } }],
  ['[::1]:8080', { socketAddress: { address: '::1', portValue: 8080 } }],
  ['[::]:8080', { socketAddress: { address: '10.0.0.1', portValue: 8080 } }],
  ['unix:///run/app.sock', { pipe: { path: '/run/app.sock' } }],
])('the application of an ingress listener with defaultEndpoint %s is at %j', (endpoint, expected) => {
  expect(defaultEndpointToAddress(endpoint, 9080, '10.0.0.1')).toEqual(expected)
})
