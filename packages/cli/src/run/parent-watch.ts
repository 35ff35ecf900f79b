/** Calls back once when the process that started this one is gone, however it ended: its IPC channel closes. */
export function parentGone(callback: () => void): void {
  if (process.channel === undefined || process.channel === null) return
  // The channel alone must not keep a process that is done alive.
  process.channel.unref()
  process.once('disconnect', callback)
}
