import type { Gateway, GatewaySpec, Server } from '../gen/types/networking/gateway.ts'
import { type New, type OptionsOf, objectOf } from './object.ts'

/** Options of {@link gateway}: metadata and the fields of the spec. */
export interface GatewayOptions extends OptionsOf<Gateway>, GatewaySpec {}

/**
 * A Gateway: ports, hosts and TLS at the edge of the mesh.
 *
 * @example
 * gateway({ name: 'bookinfo', selector: { istio: 'ingressgateway' }, servers: [httpServer(80, '*')] })
 * @see https://istio.io/latest/docs/reference/config/networking/gateway/
 */
export function gateway(options: GatewayOptions): New<Gateway> {
  return objectOf('networking.istio.io/v1', 'Gateway', options)
}

/**
 * A server for plain HTTP. Its port is named `http-80` and the like.
 *
 * @example
 * httpServer(80, 'shop.example.com')
 */
export function httpServer(port: number, ...hosts: string[]): Server {
  return { port: { number: port, name: `http-${port}`, protocol: 'HTTP' }, hosts }
}

/**
 * A server that terminates TLS with the certificate of a Secret. Its port is named `https-443` and the like.
 *
 * @example
 * httpsServer(443, 'shop-certificate', 'shop.example.com')
 */
export function httpsServer(port: number, credentialName: string, ...hosts: string[]): Server {
  return {
    port: { number: port, name: `https-${port}`, protocol: 'HTTPS' },
    hosts,
    tls: { mode: 'SIMPLE', credentialName },
  }
}
