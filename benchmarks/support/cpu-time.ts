/** Milliseconds of processor time that a run costs this process, beside its time on the clock. */
export interface Cost {
  readonly wallMs: number
  readonly cpuMs: number
}

/** What one run costs. */
export function cost(run: () => void): Cost {
  const cpu = process.cpuUsage()
  const start = performance.now()
  run()
  const wallMs = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  return { wallMs, cpuMs: (user + system) / 1000 }
}

/** Microseconds of processor time for one call, over at least `ms` milliseconds. */
export function microsecondsEach(run: () => void, ms: number): number {
  let calls = 0
  const { cpuMs } = cost(() => {
    const until = performance.now() + ms
    while (performance.now() < until) {
      for (let i = 0; i < 20; i++) run()
      calls += 20
    }
  })
  return (cpuMs * 1000) / calls
}

/** The most memory that this process ever had, in MB. */
export function peakMb(): number {
  return process.resourceUsage().maxRSS / 1024
}
