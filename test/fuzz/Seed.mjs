/** Chance that can be made again: each case has its own, of the run's seed and the case's number. */

const mix = (seed, number) => {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b)) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296
  }
}

export const chanceOf = (seed, number) => {
  const next = mix(seed, number)
  const below = (count) => Math.floor(next() * count)
  const pick = (list) => list[below(list.length)]
  const whole = (least, most) => least + below(most - least + 1)
  return { next, below, pick, whole, may: (share) => next() < share }
}

/** Bytes with some changed, taken out, doubled, cut off, or added: never more than a few faults. */
export const mutate = (chance, bytes) => {
  let result = Buffer.from(bytes)
  for (let faults = chance.whole(1, 3); faults > 0 && result.length > 0; faults--) {
    const at = chance.below(result.length)
    const end = Math.min(result.length, at + chance.whole(1, 16))
    const parts = [
      () => result.writeUInt8(result[at] ^ (1 << chance.below(8)), at),
      () => result.writeUInt8(chance.pick([0, 0xff, 0x80, 0x7f, 0x0a, 0x0d, 0x20]), at),
      () => {
        result = Buffer.concat([result.subarray(0, at), result.subarray(end)])
      },
      () => {
        result = Buffer.concat([result.subarray(0, end), result.subarray(at)])
      },
      () => {
        result = result.subarray(0, at)
      },
      () => {
        const more = Buffer.from(Array.from({ length: chance.whole(1, 24) }, () => chance.below(256)))
        result = Buffer.concat([result.subarray(0, at), more, result.subarray(at)])
      }
    ]
    chance.pick(parts)()
  }
  return result
}
