/**
 * Chance from a seed. Each part of a simulation draws from a stream of its own, so that one more draw in one part
 * does not change what happens in the others.
 */
import { PCGRandom } from "effect/Utils"

export class Chance {
  private readonly random: PCGRandom

  constructor(seed: number, stream: number) {
    // PCG takes the increment's low word as odd: 2 · stream keeps neighbours apart.
    this.random = new PCGRandom(seed, 0x51d3_a9c7, stream, 2 * stream)
  }

  /** 0 ≤ x < 1 */
  unit(): number {
    return this.random.number()
  }

  happens(probability: number): boolean {
    return this.unit() < probability
  }

  /** min ≤ x < max */
  between(min: number, max: number): number {
    return min + (max - min) * this.unit()
  }

  /** A whole number, both ends included. */
  whole(min: number, max: number): number {
    return min + Math.floor((max - min + 1) * this.unit())
  }

  pick<A>(all: readonly [A, ...ReadonlyArray<A>]): A {
    return all[Math.floor(all.length * this.unit())] ?? all[0]
  }

  /** A waiting time with this mean: events that know nothing of each other. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.unit())
  }
}
