/**
 * Where data come from and what they feed, drawn stage by stage: made from the pipeline's own lineage, so that the
 * drawing can't say otherwise than the code does.
 */
import { lineageOf } from "../../domain/Lineage.js"
import { type Html, html } from "../Html.js"

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

const [BOX_WIDTH, BOX_HEIGHT, ACROSS, DOWN, PAD] = [196, 40, 256, 60, 10] as const

const titleOf = ({ name, title = name }: LineageNode): string => title

/** The longest way from a source to each node, in steps; a circle is cut where it closes. */
export const depthsOf = (nodes: ReadonlyArray<LineageNode>): ReadonlyMap<string, number> => {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const depths = new Map<string, number>()
  const depth = (name: string, way: ReadonlySet<string>): number => {
    const known = depths.get(name)
    if (known !== undefined) return known
    const from = (byName.get(name)?.madeFrom ?? []).filter((one) => byName.has(one) && !way.has(one))
    const found = from.reduce((most, one) => Math.max(most, depth(one, new Set([...way, name])) + 1), 0)
    depths.set(name, found)
    return found
  }
  for (const { name } of nodes) depth(name, new Set([name]))
  return depths
}

interface Placed extends LineageNode {
  readonly x: number
  readonly y: number
}

const placedOf = (nodes: ReadonlyArray<LineageNode>): ReadonlyArray<Placed> => {
  const depths = depthsOf(nodes)
  const rows = new Map<number, number>()
  return nodes.map((node) => {
    const depth = depths.get(node.name) ?? 0
    const row = rows.get(depth) ?? 0
    rows.set(depth, row + 1)
    return { ...node, x: PAD + depth * ACROSS, y: PAD + row * DOWN }
  })
}

/** From a box to the next column; past whole columns it runs below them all, so that it crosses no box. */
const edge = (from: Placed, to: Placed, below: number): Html => {
  const [x1, y1, x2, y2] = [from.x + BOX_WIDTH, from.y + BOX_HEIGHT / 2, to.x, to.y + BOX_HEIGHT / 2]
  const bend = (ACROSS - BOX_WIDTH) / 2
  const end = x2 - 7
  const way =
    to.x - from.x > ACROSS
      ? `C${x1 + bend} ${y1} ${x1 + bend / 2} ${below} ${x1 + 2 * bend} ${below}H${x2 - 2 * bend}C${x2 - bend / 2} ${below} ${x2 - bend} ${y2} ${end} ${y2}`
      : `C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${end} ${y2}`
  return html`<path class="edge" d="M${x1} ${y1}${way}"/><path class="head" d="M${x2 - 8} ${y2 - 4.5}l8 4.5l-8 4.5Z"/>`
}

const box = (node: Placed, current: string): Html => {
  const { href, kind = "data", name, x, y } = node
  const title = titleOf(node)
  const drawing = html`<rect x="${x}" y="${y}" width="${BOX_WIDTH}" height="${BOX_HEIGHT}" rx="${kind === "stage" ? BOX_HEIGHT / 2 : 8}"/><text x="${x + BOX_WIDTH / 2}" y="${y + BOX_HEIGHT / 2 + 4.5}" text-anchor="middle">${title}</text>`
  const classes = name === current ? `box ${kind} current` : `box ${kind}`
  return href === undefined || name === current
    ? html`<g class="${classes}">${drawing}</g>`
    : html`<a href="${href}" class="${classes}" aria-label="${title}">${drawing}</a>`
}

/** Nodes that nobody made come first; what `current` names is the page's own. */
export const lineageSvg = (nodes: ReadonlyArray<LineageNode>, current: string): Html => {
  const placed = placedOf(nodes)
  const byName = new Map(placed.map((node) => [node.name, node]))
  const width = Math.max(...placed.map(({ x }) => x)) + BOX_WIDTH + PAD
  const below = Math.max(...placed.map(({ y }) => y)) + BOX_HEIGHT + 2 * PAD
  const height = below + PAD
  return html`<svg class="lineage-graph" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="group" aria-label="Lineage">
${placed.flatMap((to) =>
  to.madeFrom.flatMap((name) => {
    const from = byName.get(name)
    return from === undefined ? [] : [edge(from, to, below)]
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
