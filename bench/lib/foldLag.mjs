// How far the fold of minutes is behind the log, in time, looked at from outside.
import { setTimeout as sleep } from "node:timers/promises"

const PLACES = `SELECT h.position AS head, c.position AS folded
  FROM log_head h JOIN checkpoints c ON c.projection = 'minutes'`

/** Where the log and the fold are now; `at` in ms. */
const look = async (database) => {
  const [{ folded, head }] = await database.ask(PLACES)
  return { at: performance.now(), head: Number(head), folded: Number(folded) }
}

/** Looks every so many ms until `isOver`, which is told the last look. */
export const watchFold = async (database, everyMs, isOver) => {
  const looks = [await look(database)]
  while (!isOver(looks.at(-1))) {
    await sleep(everyMs)
    looks.push(await look(database))
  }
  return looks
}

/** How long ago the log ended where the fold was, in ms: the longest of all looks, which are in order. */
export const longestLag = (looks) => {
  let [longest, since] = [0, 0]
  for (const { at, folded } of looks) {
    while (looks[since].head <= folded && looks[since].at < at) since += 1
    longest = Math.max(longest, at - looks[since].at)
  }
  return longest
}
