import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { render } from "../../src/cli/Help.js"
import { run } from "../../src/cli/TidemarkCommand.js"

const ESCAPE = String.fromCharCode(27)

/** What a command line says on both streams, which are no terminals here. */
const said = (...args: ReadonlyArray<string>) =>
  Console.consoleWith((console) => {
    const lines: Array<string> = []
    const keep = (...parts: ReadonlyArray<unknown>) => Effect.sync(() => void lines.push(parts.join(" ")))
    return run(["node", "tidemark", ...args]).pipe(
      Effect.ignore,
      Effect.withConsole({ ...console, log: keep, error: keep }),
      Effect.provide(NodeContext.layer),
      Effect.map(() => lines.join("\n"))
    )
  })

describe("help that goes to no terminal", () => {
  it.effect("has no colours, names the program, and says of each option what it is for", () =>
    Effect.gen(function* () {
      for (const [args, usage] of [
        [["--help"], "$ tidemark"],
        [["replay", "--help"], "$ tidemark replay [--host text]"],
        [["keys", "create", "--help"], "$ tidemark keys create "]
      ] as const) {
        const text = yield* said(...args)
        assert.include(text, usage)
        assert.notInclude(text, ESCAPE)
        assert.notMatch(text, /user-defined piece|This setting is optional|^ *An integer\.$/m)
      }
      assert.include(yield* said("replay", "--help"), "the broker's host; default: MQTT_HOST")
    })
  )

  it.effect("lists the commands within the width of their own usage", () =>
    Effect.gen(function* () {
      const text = yield* said("--help")
      assert.match(text, /^ {2}- start \[--dev-tls\] \[--insecure\] \[--role text\]\n {6}Run the broker/m)
    })
  )

  it.effect("is as plain where a command line is wrong", () =>
    Effect.gen(function* () {
      const text = yield* said("repaly")
      assert.include(text, "replay")
      assert.notInclude(text, ESCAPE)
    })
  )
})

describe("help in a terminal", () => {
  it("keeps its colours, and what is no help passes as it is", () => {
    const bold = (text: string) => `${ESCAPE}[0;1m${text}${ESCAPE}[0m`
    const help = `${bold("Tidemark")}\n\n${bold("USAGE")}\n\n$ create NAME\n\n  An integer.\n\n  how many`
    assert.strictEqual(
      render(help, ["keys", "create", "--help"], true),
      `${bold("Tidemark")}\n\n${bold("USAGE")}\n\n$ tidemark keys create NAME\n\n  how many`
    )
    const other = "{}\n\n  An integer.\n\nUSAGE\n"
    assert.strictEqual(render(other, [], false), other)
  })
})
