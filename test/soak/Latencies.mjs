/** Latencies by minute, in tenths of a millisecond up to five seconds: however many there are, they take as much. */

const BUCKETS = 50_000
const MINUTE_MS = 60_000

export class Latencies {
  #minutes = []

  /** `at`: ms since the start; `millis`: how long it took. */
  add(at, millis) {
    const minute = Math.floor(at / MINUTE_MS)
    while (this.#minutes.length <= minute) this.#minutes.push({ count: 0, buckets: new Uint32Array(BUCKETS) })
    const one = this.#minutes[minute]
    one.count += 1
    one.buckets[Math.max(0, Math.min(BUCKETS - 1, Math.floor(millis * 10)))] += 1
  }

  /** Of each minute that had any, in order. */
  minutes() {
    return this.#minutes
      .filter(({ count }) => count > 0)
      .map((one) => ({ p50: quantile(one, 0.5), p99: quantile(one, 0.99) }))
  }
}

const quantile = ({ buckets, count }, share) => {
  let left = Math.ceil(count * share)
  for (const [bucket, n] of buckets.entries()) {
    left -= n
    if (left <= 0) return bucket / 10
  }
  return BUCKETS / 10
}
