import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodedText, readStandardInput, readTextFile } from './input-text.ts'

async function* chunksOf(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

describe('bytes of input', () => {
  it.each([
    ['UTF-8', Buffer.from('name: é'), 'name: é'],
    ['UTF-8 with a mark, which YAML knows', Buffer.from('\ufeffname: a'), '\ufeffname: a'],
    ['UTF-16 of PowerShell', Buffer.from('\ufeffname: é', 'utf16le'), 'name: é'],
    ['UTF-16 of the other order', Buffer.from('\ufeffname: é', 'utf16le').swap16(), 'name: é'],
    ['nothing', new Uint8Array(), ''],
  ])('are text when they are %s', (_, bytes, text) => {
    expect(decodedText('mesh.yaml', bytes)).toBe(text)
  })

  it.each([
    ['Latin-1', Buffer.from('name: é', 'latin1'), 'UTF-8'],
    ['compressed', Uint8Array.of(0x1f, 0x8b, 0x08), 'UTF-8'],
    ['half of UTF-16', Uint8Array.of(0xff, 0xfe, 0x41), 'UTF-16LE'],
  ])('are refused when they are %s', (_, bytes, encoding) => {
    expect(() => decodedText('mesh.yaml', bytes)).toThrow(`cannot read mesh.yaml: it is no ${encoding}`)
  })

  it('of one character may come in two chunks', async () => {
    expect(await readStandardInput(chunksOf(Uint8Array.of(0xc3), Uint8Array.of(0xa9)))).toBe('é')
  })

  it.runIf(existsSync('/dev/zero'))('of a device without end are refused', () => {
    expect(() => readTextFile('/dev/zero')).toThrow('cannot read /dev/zero: it has more than 256 MiB')
    expect(readTextFile('/dev/null')).toBe('')
  })

  it('are not collected without end', async () => {
    const megabyte = new Uint8Array(1024 * 1024)
    async function* endless(): AsyncGenerator<Uint8Array> {
      while (true) yield megabyte
    }
    await expect(readStandardInput(endless())).rejects.toThrow(
      'cannot read standard input: it has more than 256 MiB',
    )
  })
})
