/** Bytes as a PEM block with lines of 64 characters, ending in a newline. */
export function encodePem(label: string, bytes: Uint8Array): string {
  const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
  const lines = base64.match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/** Every block with this label, in order. Text around the blocks is ignored, as every PEM reader does. */
export function decodePem(text: string, label: string): Buffer[] {
  const blocks: Buffer[] = []
  const begin = `-----BEGIN ${label}-----`
  const end = `-----END ${label}-----`
  for (let at = text.indexOf(begin); at >= 0; at = text.indexOf(begin, at)) {
    const stop = text.indexOf(end, at)
    if (stop < 0) throw new RangeError(`PEM block ${label} has no end`)
    const body = text.slice(at + begin.length, stop).replace(/\s+/g, '')
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(body)) throw new RangeError(`PEM block ${label} is no base64`)
    blocks.push(Buffer.from(body, 'base64'))
    at = stop + end.length
  }
  return blocks
}

/** Splits a bundle into its certificates, each a PEM block of its own ending in a newline. */
export function splitCertificates(bundle: string): string[] {
  return decodePem(bundle, 'CERTIFICATE').map((bytes) => encodePem('CERTIFICATE', bytes))
}
