/** What belongs to a stream and may outlive it: a filter whose callout comes back too late. */
export abstract class StreamOwner {
  private live: bool = true

  /** False once the stream is gone; nothing has an effect any more then. */
  get isLive(): bool {
    return this.live
  }

  /** For the generated code: the stream is gone. */
  detach(): void {
    this.live = false
  }
}
