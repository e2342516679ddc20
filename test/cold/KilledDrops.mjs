/** `tidemark archive drop`, killed while it verifies, and while it deletes; each time a server answers what it did before. */
import { setTimeout as sleep } from "node:timers/promises"
import { openDatabase } from "../../bench/lib/largeLog.mjs"
import { startProgram } from "./Programs.mjs"

const LOOK_MS = 2
/** A day of a small log is deleted in some 100 ms: so long behind its mark at most. */
const WITHIN_MS = 60
const WAIT_MS_MAX = 1_800_000
const TRIES = 1_000

/** The same share each time (0 to 1). */
const shareOf = (n) => ((Math.imul(n + 1, 2654435761) >>> 0) % 1_000) / 1_000

const MARKS =
  "SELECT COUNT(*) AS marked, SUM(CASE WHEN state = 'dropping' THEN 1 ELSE 0 END) AS dropping FROM cold_days"

/** Of a file that another process has just opened, and recovers, none can be had for a moment. */
const asked = async (database) => {
  for (let tries = 0; ; tries++) {
    try {
      return await database.ask(MARKS)
    } catch (error) {
      if (tries === TRIES) throw error
      await sleep(LOOK_MS)
    }
  }
}

const marksOf = async (database) => {
  const [{ dropping, marked }] = await asked(database)
  return { marked: Number(marked), dropping: Number(dropping ?? 0) }
}

/** Kills a drop while it deletes a day, behind so many marked ones, one more than before at least; answers what it left. */
const killOne = async ({ args, env, lake }, behind, n) => {
  const database = await openDatabase(args)
  const target = Math.max((await marksOf(database)).marked + 1, behind)
  const running = startProgram(["archive", "drop", lake], env)
  let end
  running.ended.then((how) => {
    end = how
  })
  const started = performance.now()
  for (;;) {
    const { dropping, marked } = await marksOf(database)
    if (marked >= target && dropping > 0) break
    if (end !== undefined) break
    if (performance.now() - started > WAIT_MS_MAX) throw new Error("the drop has marked no day in time")
    await sleep(LOOK_MS)
  }
  await sleep(WITHIN_MS * shareOf(n))
  running.kill()
  await running.ended
  const left = await marksOf(database)
  await database.close()
  return left
}

/** Kills a drop before it has marked a day: behind its start by a while. */
const killEarly = async ({ args, env, lake }, afterMs) => {
  const running = startProgram(["archive", "drop", lake], env)
  await sleep(afterMs)
  running.kill()
  await running.ended
  const database = await openDatabase(args)
  const left = await marksOf(database)
  await database.close()
  return left
}

const EARLY_MS = 700

/** Kills `kills` drops; `look` is told what each has left, and looks at the answers. */
export const killDrops = async (target, kills, days, look) => {
  for (let n = 0; n < kills; n++) {
    const left =
      n === 0 ? await killEarly(target, EARLY_MS) : await killOne(target, Math.floor((days * n) / kills), n)
    await look(n, left)
  }
}
