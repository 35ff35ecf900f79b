import { isIP } from 'node:net'

/** Whether a text is an IP address, of either version. */
export function isIpAddress(text: string): boolean {
  return isIP(text) !== 0
}

/** Whether a text is an address of IPv4. */
export function isIpv4Address(text: string): boolean {
  return isIP(text) === 4
}
