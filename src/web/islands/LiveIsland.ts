/** The log as it goes on, shown where a page names a sensor. */
import { age, valueText } from "../core/Figures.js"

interface LiveReading {
  readonly sensor_id: number
  readonly timestamp: string
  readonly value: number | null
}

/** How often what came is shown, ms: eyes follow no faster. */
const SHOWN_EVERY = 500
const SENSORS_MAX = 1_000
/** ms. */
const AHEAD_MAX = 5_000

const latest = new Map<number, LiveReading>()
let recorded = 0
let lastEvent = 0

/** Whether something came since it was last asked. */
export const makeHappened = () => {
  let lastPosition = lastEvent
  return () => {
    const is = lastEvent !== lastPosition
    lastPosition = lastEvent
    return is
  }
}

/** Since then, as the server writes it. */
const ageOf = (timestamp: string): string => age((Date.now() - Date.parse(timestamp)) * 1_000)

const part = (root: Element, name: string) => root.querySelector<HTMLElement>(`[data-${name}]`)

const showOf = (root: Element, { timestamp, value }: LiveReading) => {
  const valueElement = part(root, "value")
  if (valueElement !== null && value !== null && valueElement.textContent !== valueText(value)) {
    valueElement.textContent = valueText(value)
    valueElement.classList.remove("moved")
    requestAnimationFrame(() => valueElement.classList.add("moved"))
  }
  part(root, "age")?.setAttribute("datetime", timestamp)
  const state = part(root, "state")
  const fresh = Date.now() - Date.parse(timestamp) < 60_000
  if (state !== null && fresh && ["late", "silent", "gone"].includes(state.textContent ?? "")) {
    state.textContent = "fresh"
    state.className = "state fresh"
  }
}

const showAges = () => {
  let newest = 0
  for (const time of document.querySelectorAll<HTMLTimeElement>("time[data-age][datetime]")) {
    time.textContent = ageOf(time.dateTime)
    newest = Math.max(newest, Date.parse(time.dateTime))
  }
  const newestElement = document.querySelector("[data-live=newest]")
  // Of a clock that is ahead the server says what to do.
  if (newestElement !== null && newest > 0 && newest <= Date.now() + AHEAD_MAX)
    newestElement.textContent = ageOf(new Date(newest).toISOString())
}

const showReadings = () => {
  const countElement = document.querySelector("[data-live=readings]")
  if (countElement === null || recorded === 0) return
  const count = Number(countElement.textContent?.replaceAll(",", "")) + recorded
  recorded = 0
  if (Number.isFinite(count)) countElement.textContent = count.toLocaleString("en-US")
}

const show = () => {
  for (const [id, reading] of latest) {
    const root = document.querySelector(`[data-sensor="${id}"], [data-sensor-page="${id}"]`)
    if (root !== null) showOf(root, reading)
  }
  latest.clear()
  showReadings()
  showAges()
}

const sensorsShown = (): ReadonlyArray<string> =>
  [...document.querySelectorAll<HTMLElement>("[data-sensor], [data-sensor-page]")].flatMap(
    ({ dataset }) => dataset.sensor ?? dataset.sensorPage ?? []
  )

const onEvent = (event: MessageEvent<string>) => {
  const reading: LiveReading = JSON.parse(event.data)
  lastEvent += 1
  if (event.type === "recorded") recorded += 1
  const previous = latest.get(reading.sensor_id)
  // A late reading is none to show as the last.
  if (previous === undefined || previous.timestamp <= reading.timestamp)
    latest.set(reading.sensor_id, reading)
}

/** Follows the log: of all sensors, or of the one that the page is about. */
export const startLive = () => {
  if (document.querySelector("[data-renew], [data-sensor]") === null) return
  const only = document.querySelector<HTMLElement>("[data-sensor-page]")?.dataset.sensorPage
  const ids = only === undefined ? sensorsShown().slice(0, SENSORS_MAX) : [only]
  const wide = document.querySelector("[data-now]") === null && only === undefined
  const stream = new EventSource(
    wide || ids.length === 0 ? "/data/stream/" : `/data/stream/?sensor_id=${ids}`
  )
  for (const name of ["recorded", "corrected", "deleted"]) stream.addEventListener(name, onEvent)
  const pulse = document.querySelector<HTMLElement>("[data-pulse]")
  stream.addEventListener("open", () => {
    if (pulse !== null) pulse.hidden = false
  })
  stream.addEventListener("error", () => {
    if (pulse !== null) pulse.hidden = true
  })
  setInterval(show, SHOWN_EVERY)
}
