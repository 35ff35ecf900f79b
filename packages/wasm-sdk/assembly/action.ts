/** What a callback tells the proxy to do next. */
export enum Action {
  /** Go on. */
  Continue = 0,
  /**
   * Stop here until `resumeRequest` / `resumeResponse`. In a body callback the proxy collects the body meanwhile: the
   * next call sees all of it.
   */
  Pause = 1,
  /** Body callbacks: stop, and stop reading from the peer when the proxy's buffer is full. */
  PauseWatermark = 2,
  /** Body callbacks: stop and drop these bytes; the filter has taken them. */
  PauseNoBuffer = 3,
}
