/**
 * Whether batches are looked up before they are stored. A look-up costs each batch about a tenth of what it takes; a
 * repeat that was not looked up fails its batch at the unique key, which then is appended twice. So batches are looked up
 * for a while after a repeat, and not where none came for a while, though readings come late.
 *
 * Nothing depends on it but speed: the unique keys of events and of rejected messages are the judge.
 */

/** Batches that are looked up after one with a repeat. */
const BATCHES = 16

export class RepeatWatch {
  /** At first devices send again what an earlier process did not acknowledge. */
  private left = BATCHES

  get expectsRepeats(): boolean {
    return this.left > 0
  }

  /** A batch was looked up: had the log any of it? */
  lookedUp(hadRepeats: boolean): void {
    this.left = hadRepeats ? BATCHES : Math.max(0, this.left - 1)
  }

  /** A batch failed at a unique key. */
  collided(): void {
    this.left = BATCHES
  }
}
