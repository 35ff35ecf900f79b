import { describe, expect, it } from 'vitest'
import { pair } from '../../test/support/tls-pair.ts'
import type { TlsTransport } from './tls-transport.ts'

const patterned = (length: number) => Buffer.from(Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 255))

describe('writes over TLS', () => {
  /** Both ends of a connection; the server's end does nothing by itself. */
  async function ends(bufferLimitBytes: number) {
    const mesh = await pair({ accept: { bufferLimitBytes } })
    const near = (await mesh.connect()) as TlsTransport
    await expect.poll(() => mesh.accepted.length).toBe(1)
    const far = mesh.accepted[0] as TlsTransport
    return { near, far, nearSees: watch(near), farSees: watch(far) }
  }

  function watch(transport: TlsTransport) {
    const seen = { chunks: [] as Buffer[], bytes: 0, events: [] as string[], error: undefined as unknown }
    transport.handler = {
      onData(chunk) {
        seen.chunks.push(Buffer.from(chunk))
        seen.bytes += chunk.length
      },
      onEnd: () => seen.events.push('end'),
      onDrain: () => seen.events.push('drain'),
      onClose(error) {
        seen.events.push('close')
        seen.error = error
      },
    }
    return seen
  }

  it.each([65_536, 10_000_000])('delivers %i bytes to a reader that stops and goes', async (length) => {
    const { near, far, nearSees } = await ends(256 * 1024)
    const body = patterned(length)
    const { onData } = near.handler
    let seenSinceStop = 0
    near.handler.onData = (chunk) => {
      onData.call(near.handler, chunk)
      seenSinceStop += chunk.length
      if (seenSinceStop < 300_000) return
      seenSinceStop = 0
      near.pause()
      setTimeout(() => near.resume(), 1)
    }
    // The head of a message, then its body in pieces that are held up by backpressure.
    far.writeLatin1('head')
    let at = 0
    const write = () => {
      while (at < length && !far.blocked) far.writeBytes(body.subarray(at, (at += 48_000)))
      if (at >= length) far.end()
    }
    far.handler.onDrain = write
    write()
    await expect.poll(() => nearSees.events, { timeout: 20_000 }).toContain('end')
    const expected = Buffer.concat([Buffer.from('head'), body])
    expect(Buffer.compare(Buffer.concat(nearSees.chunks), expected)).toBe(0)
    near.end()
    await expect.poll(() => nearSees.events).toContain('close')
    expect([nearSees.error, far.bufferedBytes]).toEqual([undefined, 0])
  })

  it('makes one record of what a turn of the event loop writes', async () => {
    const { near, far, nearSees } = await ends(64 * 1024)
    far.writeLatin1('HTTP/1.1 200 OK\r\n\r\n')
    far.writeLatin1('a')
    far.writeBytes(Buffer.from('b'.repeat(3000)))
    await expect.poll(() => nearSees.bytes).toBe(3020)
    expect(nearSees.chunks).toHaveLength(1)
    near.destroy()
  })

  it('sends everything that waits, then its end, and still reads', async () => {
    const { near, far, nearSees, farSees } = await ends(64 * 1024)
    near.pause()
    const body = patterned(8_000_000)
    expect(far.writeBytes(body)).toBe(false)
    far.writeLatin1('tail')
    far.end()
    near.writeLatin1('from the other side')
    await expect.poll(() => farSees.bytes).toBe(19)
    expect(far.bufferedBytes).toBeGreaterThan(0)
    near.resume()
    await expect.poll(() => nearSees.events, { timeout: 20_000 }).toContain('end')
    expect(nearSees.bytes).toBe(body.length + 4)
    near.writeLatin1(' after the end')
    near.end()
    await expect.poll(() => farSees.events).toContain('close')
    expect(Buffer.concat(farSees.chunks).toString()).toBe('from the other side after the end')
    expect(farSees.error).toBeUndefined()
  })

  it('delivers small writes of many turns in order, to a reader that stops until they wait', async () => {
    const { near, far, nearSees } = await ends(64 * 1024)
    near.pause()
    let sent = ''
    for (let i = 0; !far.blocked; i++) {
      const text = `${i}:${'x'.repeat(i % 9000)};`
      sent += text
      far.writeLatin1(text)
      await new Promise((resolve) => setImmediate(resolve))
    }
    far.handler.onDrain = () => {
      far.writeLatin1('the last')
      far.end()
    }
    near.resume()
    await expect.poll(() => nearSees.events, { timeout: 20_000 }).toContain('end')
    expect(Buffer.concat(nearSees.chunks).toString() === `${sent}the last`).toBe(true)
    near.end()
    await expect.poll(() => nearSees.events).toContain('close')
    expect(nearSees.error).toBeUndefined()
  })

  it('closes with an error when it writes to a peer that is gone, though it does not read', async () => {
    const { near, far, farSees } = await ends(64 * 1024)
    far.pause()
    near.reset()
    for (let i = 0; i < 500 && !far.closed; i++) {
      far.writeLatin1('is anybody there?')
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    expect(farSees.events).toEqual(['close'])
    expect(farSees.error).toBeInstanceOf(Error)
  })

  it('delivers what was written in the turn in which it is destroyed', async () => {
    const { far, nearSees } = await ends(64 * 1024)
    far.writeLatin1('last words')
    far.destroy()
    await expect.poll(() => nearSees.events).toContain('end')
    expect(Buffer.concat(nearSees.chunks).toString()).toBe('last words')
  })

  it('closes once, with an error, when the peer resets while bytes wait', async () => {
    const { near, far, farSees } = await ends(64 * 1024)
    near.pause()
    const piece = patterned(500_000)
    while (far.bufferedBytes < 2_000_000) {
      far.writeBytes(piece)
      far.writeLatin1('and text')
      await new Promise((resolve) => setImmediate(resolve))
    }
    near.reset()
    await expect.poll(() => farSees.events).toContain('close')
    expect(farSees.events.filter((event) => event !== 'drain')).toEqual(['close'])
    expect(farSees.error).toBeInstanceOf(Error)
    expect(far.writeLatin1('ignored')).toBe(true)
    expect([far.bufferedBytes, far.closed]).toEqual([0, true])
  })

  it('closes without an error when it is destroyed while bytes wait', async () => {
    const { near, far, farSees } = await ends(64 * 1024)
    near.pause()
    while (far.bufferedBytes < 2_000_000) {
      far.writeBytes(patterned(500_000))
      await new Promise((resolve) => setImmediate(resolve))
    }
    far.destroy()
    await expect.poll(() => farSees.events.at(-1)).toBe('close')
    expect(farSees.error).toBeUndefined()
  })
})
