/** The zone whose clocks are meant where none is named, by its name: hours and days are kept on them. */
import * as Context from "effect/Context"

export class DefaultZone extends Context.Reference<DefaultZone>()("tidemark/DefaultZone", {
  defaultValue: () => ({ name: "UTC" })
}) {}
