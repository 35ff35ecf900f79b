import { Agent, request } from 'node:http'

/** Sends `total` GETs over kept-alive connections and counts what `classify` says of the answers. */
export async function countAnswers(
  url: string,
  total: number,
  classify: (body: string, status: number) => string,
  headers: Record<string, string> = {},
): Promise<Record<string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  const counts: Record<string, number> = {}
  let left = total
  const worker = async () => {
    while (left-- > 0) {
      const { body, status } = await get(url, agent, headers)
      const what = classify(body, status)
      counts[what] = (counts[what] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  agent.destroy()
  return counts
}

function get(
  url: string,
  agent: Agent,
  headers: Record<string, string>,
): Promise<{ body: string; status: number }> {
  return new Promise((resolve, reject) => {
    const req = request(url, { agent, headers, timeout: 20_000 }, (res) => {
      let body = ''
      res.setEncoding('utf8')
      res.on('data', (chunk: string) => (body += chunk))
      res.on('end', () => resolve({ body, status: res.statusCode ?? 0 }))
      res.on('error', reject)
    })
    req.on('timeout', () => req.destroy(new Error(`${url}: no answer`)))
    req.on('error', reject)
    req.end()
  })
}

/** The interval in which a count of `total` independent choices with this share falls, five standard deviations each way. */
export function expectedRange(total: number, share: number): [number, number] {
  const deviation = 5 * Math.sqrt(total * share * (1 - share))
  return [Math.floor(total * share - deviation), Math.ceil(total * share + deviation)]
}
