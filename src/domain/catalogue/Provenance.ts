/** What a flow of the pipeline is made of, stage by stage back to what arrives. */
import { STAGES, type Stage } from "./Pipeline.js"

export const makersOf = (flow: string): ReadonlyArray<Stage> =>
  STAGES.filter(({ writes }) => writes.some((one) => one === flow))

/** All that this is made of, itself left out, in the order of the way back; and the stages on that way. */
export const upstreamOf = (flow: string) => {
  const flows: Array<string> = [flow]
  const stages: Array<Stage> = []
  for (const at of flows) {
    for (const stage of makersOf(at)) {
      if (!stages.includes(stage)) stages.push(stage)
      for (const read of stage.reads) if (!flows.includes(read)) flows.push(read)
    }
  }
  return { flows: flows.slice(1), stages }
}

/** The nearest of `among` that this is made of: beyond one of them the way is its own. */
export const madeOf = <A extends string>(flow: A, among: ReadonlyArray<A>): ReadonlyArray<A> => {
  const sources = new Set<A>()
  const visits = new Set<string>([flow])
  const queue: Array<string> = [flow]
  for (const at of queue) {
    for (const read of makersOf(at).flatMap(({ reads }) => reads)) {
      if (visits.has(read)) continue
      visits.add(read)
      const source = among.find((one) => one === read)
      if (source === undefined) queue.push(read)
      else sources.add(source)
    }
  }
  return among.filter((one) => sources.has(one))
}

/** The way of the data to here, in words: what makes it, and what was before that. */
export const lineageText = (flow: string): string => {
  const own = makersOf(flow)
  const before = upstreamOf(flow)
    .stages.filter((stage) => !own.includes(stage))
    .reverse()
  const step = ({ reads, title, writes }: Stage) =>
    `${reads.join(", ")} → ${title.toLowerCase()} → ${writes.join(", ")}`
  const what = own.map(({ description }) => description).join(" ")
  return before.length === 0 ? what : `${what} Before that: ${before.map(step).join("; ")}.`
}
