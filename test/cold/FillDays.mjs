/** A log of whole days that have ended, folded; then some of its readings are corrected, deleted, or come late. */
import { fill } from "../../bench/lib/fill.mjs"
import { openDatabase } from "../../bench/lib/largeLog.mjs"

export const DAY = 86_400_000
/** Between the last day and now: it is closed, whatever the hour is. */
const ENDED_DAYS = 2

/** The days of a log of `readings`: when they start, which of them stay, and how it is filled. */
export const planOf = ({ days, readings, sensors }) => {
  const start = Math.floor(Date.now() / DAY) * DAY - (days + ENDED_DAYS) * DAY
  const stay = Math.max(1, Math.floor(days / 10))
  return {
    ...{ days, readings, sensors, start },
    step: Math.max(1, Math.floor((days * DAY * sensors) / readings)),
    border: start + (days - stay) * DAY
  }
}

/** Until when readings are dropped, as RETENTION_RAW says it: the border is half a day before that. */
export const retentionOf = ({ border }) => `${Math.floor((Date.now() - border - DAY / 2) / 1_000)} s`

/** A daily wave with a little noise, to two digits: sums of it are exact. */
const valueAt =
  ({ sensors, step }) =>
  (position) => {
    const time = Math.floor(position / sensors) * step
    const noise = (Math.imul(position, 2654435761) >>> 0) / 2 ** 32
    return Math.round((20 + 8 * Math.sin((2 * Math.PI * time) / DAY) + noise) * 100) / 100
  }

const HEAD = "SELECT position FROM log_head"

export const headOf = async (args) => {
  const database = await openDatabase(args)
  const [{ position }] = await database.ask(HEAD)
  await database.close()
  return Number(position)
}

/** Fills the log, which has its sensors; its server must not run. Answers the positions before the first and of the last reading. */
export const fillDays = async ({ args }, plan) => {
  const before = await headOf(args)
  const shape = { sensors: plan.sensors, step: plan.step, value: valueAt(plan) }
  // Positions begin behind what has registered the sensors, and times with the day.
  const start = plan.start - Math.floor((before + 1) / plan.sensors) * plan.step
  await fill(args, plan.readings, { ...shape, start })
  return {
    before,
    filled: before + plan.readings,
    timeAt: (at) => start + Math.floor(at / plan.sensors) * plan.step
  }
}

const send = async (port, method, path, body, status) => {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) })
  })
  const text = await answer.text()
  if (answer.status !== status)
    throw new Error(`${method} ${path} was answered with ${answer.status}: ${text}`)
}

/** Corrects, deletes and adds `count` readings of each kind, evenly over all days. */
export const change = async (port, plan, { before, timeAt }, count) => {
  const late = []
  for (let n = 0; n < count; n++) {
    const at = before + 1 + Math.floor((plan.readings * (n + 0.5)) / count)
    const [sensor_id, time] = [1 + (at % plan.sensors), timeAt(at)]
    const corrected = { sensor_id, timestamp: new Date(time).toISOString(), value: 100 + n }
    await send(port, "PUT", `/data/${at}`, corrected, 200)
    // A correction of a correction, now and then.
    if (n % 7 === 0) await send(port, "PUT", `/data/${at}`, { ...corrected, value: 200 + n }, 200)
    await send(port, "DELETE", `/data/${at + 1}`, undefined, 200)
    late.push({ sensor_id, timestamp: new Date(time + 1).toISOString(), value: -n })
  }
  for (let n = 0; n < late.length; n += 500) await send(port, "POST", "/data/", late.slice(n, n + 500), 201)
}
