/**
 * Which mapping or preset reads a message: the first mapping whose filter the topic is under; else the presets that know
 * the topic, then those that know a key of the message. Nothing: the ordinary rules.
 */
import { isUnder } from "../../domain/access/Topic.js"
import { Aliases, sparkplugMessage } from "../binary/Sparkplug.js"
import type { JsonObject } from "../codecs/Payload.js"
import { applyRules, makeRules, type Rules } from "./MappingRules.js"
import type { MappingFile } from "./MappingSchema.js"
import type { Mapped, MessageReader } from "./Part.js"
import { PRESETS, type Preset } from "./Presets.js"

/** What may read the messages of a topic. */
interface Plan {
  readonly levels: ReadonlyArray<string>
  readonly rules: Rules | undefined
  readonly filter: string | null
  readonly presets: ReadonlyArray<Preset>
}

/** Topics whose plan is kept. */
const PLANS_MAX = 10_000

const listOf = (topic: string | ReadonlyArray<string>): ReadonlyArray<string> =>
  typeof topic === "string" ? [topic] : topic

export const NO_MAPPINGS: MappingFile = { mappings: [] }

const NO_LEVELS: ReadonlyArray<string> = []

export class Mapper implements MessageReader {
  private readonly rules: ReadonlyArray<Rules>
  private readonly presets: ReadonlyArray<Preset>
  private readonly keys: ReadonlyArray<readonly [key: string, preset: Preset]>
  private readonly plans = new Map<string, Plan>()
  private readonly aliases = new Aliases()

  constructor({ mappings, off = [] }: MappingFile = NO_MAPPINGS) {
    this.rules = mappings.map(makeRules)
    this.presets = PRESETS.filter(({ name }) => !off.includes(name))
    this.keys = this.presets.flatMap((preset) => preset.keys.map((key) => [key, preset] as const))
  }

  private planOf(topic: string): Plan {
    const plan = this.plans.get(topic)
    if (plan !== undefined) return plan
    const filterOf = ({ mapping }: Rules) => listOf(mapping.topic).find((filter) => isUnder(topic, filter))
    const rules = this.rules.find((one) => filterOf(one) !== undefined)
    const fresh: Plan = {
      levels: topic.split("/"),
      rules,
      filter: rules === undefined ? null : (filterOf(rules) ?? null),
      presets: this.presets.filter(({ topics }) => topics.some((filter) => isUnder(topic, filter)))
    }
    if (this.plans.size >= PLANS_MAX) this.plans.clear()
    this.plans.set(topic, fresh)
    return fresh
  }

  isMapped(topic: string): boolean {
    return this.rules.length > 0 && this.planOf(topic).rules !== undefined
  }

  read(topic: string, fromTopic: string, json: JsonObject): Mapped | null {
    const plan = this.planOf(topic)
    const { filter, presets, rules } = plan
    const levels = fromTopic === "" ? NO_LEVELS : plan.levels
    if (rules !== undefined) {
      const preset = rules.preset?.name ?? null
      return { by: { mapping: filter, preset }, message: applyRules(rules, json, levels) }
    }
    for (const preset of presets) {
      const message = preset.read(json, levels)
      if (message !== null) return { by: { mapping: null, preset: preset.name }, message }
    }
    for (const [key, preset] of this.keys) {
      const message = json[key] === undefined ? null : preset.read(json, levels)
      if (message !== null) return { by: { mapping: null, preset: preset.name }, message }
    }
    return null
  }

  readBytes(topic: string, bytes: Uint8Array, live: boolean): Mapped | null {
    const message = sparkplugMessage(topic, bytes, this.aliases, live)
    if (message === null) return null
    const { filter, levels, rules } = this.planOf(topic)
    const by = { mapping: filter, preset: "sparkplug" }
    return { by, message: rules === undefined ? message : applyRules(rules, {}, levels, message) }
  }
}
