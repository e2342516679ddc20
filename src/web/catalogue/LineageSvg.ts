/**
 * Where data come from and what they feed, drawn stage by stage from the top down: made from the pipeline's own lineage, so that the
 * drawing can't say otherwise than the code does.
 */
import { lineageOf } from "../../domain/catalogue/Lineage.js"
import { type Html, html } from "../core/Html.js"

export interface LineageNode {
  /** Unique in the drawing. */
  readonly name: string
  /** Its name for people; absent: `name`. */
  readonly title?: string | undefined
  /** Code that makes one of the other, or what is made. */
  readonly kind?: "stage" | "data" | undefined
  readonly madeFrom: ReadonlyArray<string>
  /** Where it can be opened; absent: nowhere. */
  readonly href?: string | undefined
}

/** From the source down, px: as wide as a page, and as long as it must be. */
const [BOX_HEIGHT, DOWN, APART, PAD] = [34, 62, 16, 10] as const
/** Of the letters in a box, and beside them. */
const [LETTER, MARGIN] = [7.9, 13] as const

const titleOf = ({ name, title = name }: LineageNode): string => title

/** The longest way from a source to each node, in steps; a circle is cut where it closes. */
export const depthsOf = (nodes: ReadonlyArray<LineageNode>): ReadonlyMap<string, number> => {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const depths = new Map<string, number>()
  const depth = (name: string, way: ReadonlySet<string>): number => {
    const cachedDepth = depths.get(name)
    if (cachedDepth !== undefined) return cachedDepth
    const from = (byName.get(name)?.madeFrom ?? []).filter((one) => byName.has(one) && !way.has(one))
    const ownDepth = from.reduce((most, one) => Math.max(most, depth(one, new Set([...way, name])) + 1), 0)
    depths.set(name, ownDepth)
    return ownDepth
  }
  for (const { name } of nodes) depth(name, new Set([name]))
  return depths
}

/** As wide as a page of 1280 px, with an edge beside. */
const ROW_WIDTH_MAX = 1_060

interface Placed extends LineageNode {
  /** The middle of the box, and its top. */
  readonly x: number
  readonly y: number
  readonly width: number
  /** Which row of boxes it stands in, from 0. */
  readonly row: number
}

const widthOf = (node: LineageNode): number => Math.round([...titleOf(node)].length * LETTER) + 2 * MARGIN

/** A box below those that it is made from, as far as there is room. */
const ordered = (layer: ReadonlyArray<LineageNode>, placed: ReadonlyMap<string, Placed>) => {
  const wish = ({ madeFrom }: LineageNode) => {
    const from = madeFrom.flatMap((name) => placed.get(name)?.x ?? [])
    return from.length === 0 ? 0 : from.reduce((sum, x) => sum + x, 0) / from.length
  }
  return [...layer].sort((a, b) => wish(a) - wish(b))
}

const placedOf = (nodes: ReadonlyArray<LineageNode>): ReadonlyArray<Placed> => {
  const depths = depthsOf(nodes)
  const placed = new Map<string, Placed>()
  let row = -1
  for (let depth = 0; depth <= Math.max(...depths.values()); depth += 1) {
    const layer = ordered(
      nodes.filter(({ name }) => depths.get(name) === depth),
      placed
    )
    // From the left, so that a narrow screen shows the way without scrolling. A layer that is wider goes on below.
    let x = 0
    row += 1
    for (const node of layer) {
      const width = widthOf(node)
      if (x + width > ROW_WIDTH_MAX) {
        x = 0
        row += 1
      }
      placed.set(node.name, { ...node, x: x + width / 2, y: PAD + row * DOWN, width, row })
      x += width + APART
    }
  }
  return [...placed.values()]
}

/** From a box to the next row; past whole rows it runs beside them all, so that it crosses no box. */
const edge = (from: Placed, to: Placed, placed: ReadonlyArray<Placed>): Html => {
  const [x1, y1, x2, y2] = [from.x, from.y + BOX_HEIGHT, to.x, to.y]
  const bend = (DOWN - BOX_HEIGHT) / 2
  const end = y2 - 7
  const between = placed.filter(({ row }) => row > from.row && row < to.row)
  const beside = Math.max(...between.map(({ width, x }) => x + width / 2)) + APART
  const way =
    between.length > 0
      ? `C${x1} ${y1 + bend} ${beside} ${y1 + bend / 2} ${beside} ${y1 + 2 * bend}V${y2 - 2 * bend}C${beside} ${y2 - bend} ${x2} ${y2 - 2 * bend} ${x2} ${end}`
      : `C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${end}`
  return html`<path class="edge" d="M${x1} ${y1}${way}"/><path class="head" d="M${x2 - 4.5} ${y2 - 8}l4.5 8l4.5 -8Z"/>`
}

const box = (node: Placed, current: string): Html => {
  const { href, kind = "data", name, width, x, y } = node
  const title = titleOf(node)
  const drawing = html`<rect x="${x - width / 2}" y="${y}" width="${width}" height="${BOX_HEIGHT}" rx="${kind === "stage" ? BOX_HEIGHT / 2 : 6}"/><text x="${x}" y="${y + BOX_HEIGHT / 2 + 4.5}" text-anchor="middle">${title}</text>`
  const classes = name === current ? `box ${kind} current` : `box ${kind}`
  return href === undefined || name === current
    ? html`<g class="${classes}">${drawing}</g>`
    : html`<a href="${href}" class="${classes}" aria-label="${title}">${drawing}</a>`
}

/** Nodes that nobody made come first; what `current` names is the page's own. */
export const lineageSvg = (nodes: ReadonlyArray<LineageNode>, current: string): Html => {
  const placed = placedOf(nodes)
  const byName = new Map(placed.map((node) => [node.name, node]))
  const left = Math.min(...placed.map(({ width, x }) => x - width / 2)) - PAD
  // An edge may run beside the widest row.
  const right = Math.max(...placed.map(({ width, x }) => x + width / 2)) + APART + PAD
  const height = Math.max(...placed.map(({ y }) => y)) + BOX_HEIGHT + PAD
  return html`<svg class="lineage-graph" viewBox="${left} 0 ${right - left} ${height}" width="${right - left}" height="${height}" role="group" aria-label="Lineage">
${placed.flatMap((to) =>
  to.madeFrom.flatMap((name) => {
    const from = byName.get(name)
    return from === undefined ? [] : [edge(from, to, placed)]
  })
)}${placed.map((node) => box(node, current))}</svg>`
}

/** The same in words. */
export const lineageWords = (nodes: ReadonlyArray<LineageNode>): Html => {
  const titles = new Map(nodes.map((node) => [node.name, titleOf(node)]))
  return html`<ul class="unseen">${nodes.map(
    (node) =>
      html`<li>${titleOf(node)}${node.madeFrom.length > 0 ? ` takes from ${node.madeFrom.map((name) => titles.get(name) ?? name).join(", ")}` : " is a source"}</li>`
  )}</ul>`
}

/** Short enough for a box; the stages' titles are. */
const SOURCE_TITLES: Readonly<Record<string, string>> = {
  devices: "devices",
  people: "people and programs"
}

/**
 * Every stage and table between the sensor and the files of a data set, and what else is made of it. Of formats only
 * those of the data set itself are drawn: other data sets have pages of their own.
 */
export const lineageNodes = (dataset: string): ReadonlyArray<LineageNode> => {
  const { edges, nodes } = lineageOf(dataset)
  const own = `export:${dataset}:`
  return nodes
    .filter(({ id, kind }) => kind !== "export" || id.startsWith(own))
    .map(
      ({ href, id, kind, title }): LineageNode => ({
        name: id,
        title: kind === "export" ? title.replace(`${dataset} as `, "") : (SOURCE_TITLES[id] ?? title),
        kind: kind === "stage" ? "stage" : "data",
        madeFrom: edges.filter(({ to }) => to === id).map(({ from }) => from),
        href: kind === "dataset" ? `/catalog/${id}` : kind === "export" ? (href ?? undefined) : undefined
      })
    )
}
