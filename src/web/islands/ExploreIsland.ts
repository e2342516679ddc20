/**
 * `/explore` with scripts: the server's numbers drawn by uPlot, zoomed by dragging or by keys. Where the plot goes
 * the server draws again, so that address, words, table and downloads always belong to what is seen.
 */
import type uPlot from "uplot"
import { draw, HEIGHT, type PlotData } from "./PlotIsland.js"
import { fetchPage, replacePart } from "./RenewIsland.js"

/** A range that ends now is asked for again so often, ms. */
const RENEWED = 10_000

let plots: ReadonlyArray<uPlot> = []

const addressOf = (start: number, end: number): string => {
  const url = new URL(location.href)
  const ids = [...document.querySelectorAll<HTMLInputElement>("[data-explore] input[name=sensor]:checked")]
  url.searchParams.delete("sensor")
  url.searchParams.set("sensor", ids.map(({ value }) => value).join(","))
  url.searchParams.set("range", "custom")
  url.searchParams.set("start", new Date(start * 1_000).toISOString())
  url.searchParams.set("end", new Date(end * 1_000).toISOString())
  return url.href
}

const readData = (): PlotData | null => {
  const text = document.getElementById("plot-data")?.textContent
  return text == null ? null : JSON.parse(text)
}

/** Moves or zooms by shares of what is seen. */
const shift = ({ end, start }: PlotData, left: number, right: number) => {
  const length = end - start
  void go(addressOf(start + left * length, end + right * length))
}

const KEYS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-0.25, -0.25],
  ArrowRight: [0.25, 0.25],
  "+": [0.25, -0.25],
  "=": [0.25, -0.25],
  "-": [-0.5, 0.5]
}

const listen = (canvas: HTMLElement, data: PlotData) => {
  canvas.tabIndex = 0
  canvas.setAttribute("role", "group")
  canvas.setAttribute("aria-label", "Plot: arrow keys move it, plus and minus zoom")
  canvas.addEventListener("dblclick", () => shift(data, -0.5, 0.5))
  canvas.addEventListener("keydown", (event) => {
    const move = event.ctrlKey || event.metaKey || event.altKey ? undefined : KEYS[event.key]
    if (move === undefined) return
    event.preventDefault()
    shift(data, ...move)
  })
}

const drawAll = () => {
  for (const plot of plots) plot.destroy()
  const data = readData()
  if (data === null) {
    plots = []
    return
  }
  const newPlots: Array<uPlot> = []
  document.querySelectorAll<HTMLElement>("[data-plot]").forEach((figure, index) => {
    const canvas = figure.querySelector<HTMLElement>("[data-canvas]")
    const drawing = figure.querySelector<HTMLElement>(".drawing")
    if (canvas === null || drawing === null) return
    canvas.replaceChildren()
    const plot = draw(canvas, data, index, (from, until) => void go(addressOf(from, until)))
    if (plot === undefined) return
    newPlots.push(plot)
    if (!canvas.hasAttribute("tabindex")) listen(canvas, data)
    drawing.hidden = true
    const line = figure.querySelector<HTMLElement>("[data-readout]")
    if (line !== null) line.hidden = false
  })
  plots = newPlots
  const hint = document.querySelector<HTMLElement>("[data-hint]")
  if (hint !== null) hint.hidden = false
}

const fill = (fresh: Document) => {
  for (const name of ["start", "end", "range", "interval"]) {
    const selector = `[data-explore] [name=${name}]`
    const from = fresh.querySelector<HTMLInputElement>(selector)
    const to = document.querySelector<HTMLInputElement>(selector)
    if (from === null || to === null) continue
    to.value = from.value
    if (from.dataset.utc !== undefined) to.dataset.utc = from.dataset.utc
    to.defaultValue = from.defaultValue
  }
}

let request = new AbortController()

/** Shows another part: asked for from the server, and kept in the address. */
const go = async (url: string, keep: "push" | "replace" | "none" = "push") => {
  request.abort()
  request = new AbortController()
  const focused = document.activeElement?.closest("[data-plot]")?.getAttribute("data-plot")
  const fresh = await fetchPage(`${url}${url.includes("?") ? "&" : "?"}only=result`, request.signal)
  if (fresh === null || !replacePart("result", fresh)) return
  replacePart("notice", fresh)
  if (keep === "push") history.pushState(null, "", url)
  if (keep === "replace") history.replaceState(null, "", url)
  fill(fresh)
  drawAll()
  if (focused != null) document.querySelector<HTMLElement>(`[data-plot="${focused}"] [data-canvas]`)?.focus()
}

const formAddress = (form: HTMLFormElement): string => {
  const data = new FormData(form)
  const query = new URLSearchParams({
    sensor: data.getAll("sensor").join(","),
    range: String(data.get("range"))
  })
  if (data.get("range") === "custom") {
    for (const name of ["start", "end"]) {
      const input = form.querySelector<HTMLInputElement>(`[name=${name}]`)
      // What nobody changed is meant to the microsecond. Browsers leave seconds out where they are 0.
      const isSame = input?.defaultValue === input?.value || input?.defaultValue === `${input?.value}:00`
      query.set(name, (isSame ? input?.dataset.utc : undefined) ?? input?.value ?? "")
    }
    query.set("tz", String(data.get("tz")))
  }
  const tag = String(data.get("tag") ?? "")
  if (tag !== "") query.set("tag", tag)
  if (data.get("interval") !== "auto") query.set("interval", String(data.get("interval")))
  return `${form.action}?${query}`
}

const startForm = (form: HTMLFormElement) => {
  form.addEventListener("change", ({ target }) => {
    // There are other sensors to choose from: the form is another one.
    if (target instanceof HTMLSelectElement && target.name === "tag")
      return location.assign(formAddress(form))
    const range = form.querySelector<HTMLSelectElement>("[name=range]")
    const name = target instanceof HTMLInputElement ? target.name : ""
    // Whoever sets a time means it.
    if (range !== null && (name === "start" || name === "end")) range.value = "custom"
    void go(formAddress(form))
  })
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    void go(formAddress(form))
  })
}

/** Leaves the sensors whose name or number has every word of what is typed; those that are chosen stay. */
const startFind = (form: HTMLFormElement) => {
  const find = form.querySelector<HTMLElement>("[data-find]")
  const input = find?.querySelector("input")
  if (find == null || input == null) return
  find.hidden = false
  const labels = [...form.querySelectorAll<HTMLElement>(".choices label")]
  const status = find.querySelector("p")
  const look = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean)
    const has = (label: HTMLElement) => words.every((word) => label.textContent?.toLowerCase().includes(word))
    const matches = labels.filter(has)
    for (const label of labels) label.hidden = !has(label) && !label.querySelector("input")?.checked
    if (status !== null)
      status.textContent = words.length === 0 ? "" : `${matches.length} of ${labels.length} sensors`
  }
  input.addEventListener("input", look)
  // It is no part of what is asked for.
  input.addEventListener("change", (event) => event.stopPropagation())
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault()
  })
  look()
}

const start = () => {
  const form = document.querySelector<HTMLFormElement>("[data-explore]")
  if (form !== null) {
    startForm(form)
    startFind(form)
  }
  document.addEventListener("click", (event) => {
    const link =
      event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-move]") : null
    if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    void go(link.href)
  })
  addEventListener("popstate", () => void go(location.href, "none"))
  document.addEventListener("theme", drawAll)
  let width = innerWidth
  addEventListener("resize", () => {
    if (innerWidth === width) return
    width = innerWidth
    for (const plot of plots)
      plot.setSize({ width: plot.root.parentElement?.clientWidth ?? 600, height: HEIGHT })
  })
  // A range that ends now goes on with the log.
  setInterval(() => {
    const range = document.querySelector<HTMLSelectElement>("[data-explore] [name=range]")?.value
    const isBusy = document.hidden || document.querySelector("#result details[open]") !== null
    if (range !== "custom" && range !== "all" && !isBusy) void go(location.href, "none")
  }, RENEWED)
  // What a form has done is said once.
  const url = new URL(location.href)
  url.searchParams.delete("done")
  history.replaceState(null, "", url)
  drawAll()
}

start()
