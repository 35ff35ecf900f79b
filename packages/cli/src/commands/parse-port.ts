import { isPort } from '../config/check-config.ts'

/** A port of a flag: 1 to 65535, and 0 for any that is free. */
export function parsePort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!isPort(port)) throw new Error(`a port is a number from 0 (any that is free) to 65535`)
  return port
}
