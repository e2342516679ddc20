/**
 * How help is shown. @effect/cli always colours it, writes the usage of a subcommand without the program's name, and
 * puts a sentence about the type of each option before the one that says what it is for.
 */
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

const ESCAPE = String.fromCharCode(27)
const COLOURS = new RegExp(`${ESCAPE}\\[[0-9;]*m`, "g")

const plain = (text: string): string => text.replace(COLOURS, "")

/** Sentences of the library that are the same for every option. */
const FILLER: ReadonlySet<string> = new Set([
  "A user-defined piece of text.",
  "A user-defined piece of text that is confidential.",
  "An integer.",
  "A true or false value.",
  "This setting is optional."
])

/** A row of the list of commands is padded to the longest usage, which is wider than any terminal. */
const COMMAND = /^(\s*- \S.*?) {2,}(\S.*)$/

/** The program and the subcommands before the one whose usage is shown, as the command line names them. */
const before = (command: string, args: ReadonlyArray<string>): string => {
  const at = args.indexOf(command)
  return ["tidemark", ...args.slice(0, Math.max(at, 0))].join(" ")
}

const block = (args: ReadonlyArray<string>) => (text: string) => {
  const [, command] = /^\$ (\S+)/.exec(plain(text)) ?? []
  if (command !== undefined && command !== "tidemark") {
    return text.replace(`$ ${command}`, `$ ${before(command, args)} ${command}`)
  }
  return text.replace(COMMAND, "$1\n      $2")
}

/** A text that the command line shows; `args` are those that it was given. Other texts pass as they are. */
export const render = (text: string, args: ReadonlyArray<string>, colours: boolean): string => {
  if (!text.includes(`${ESCAPE}[`)) return text
  const isHelp = plain(text).includes("\nUSAGE\n")
  const blocks = text.split("\n\n").filter((one) => !FILLER.has(plain(one).trim()))
  const layout = isHelp ? blocks.map(block(args)).join("\n\n") : text
  return colours ? layout : plain(layout)
}

const inColour = (stream: { readonly isTTY?: boolean }) =>
  Config.option(Config.string("NO_COLOR")).pipe(
    Effect.orElseSucceed(Option.none),
    Effect.map((no) => stream.isTTY === true && Option.getOrElse(no, () => "") === "")
  )

/** Runs a command line whose help is shown so. `argv` begins with the program's two names. */
export const withHelp =
  (argv: ReadonlyArray<string>) =>
  <A, E, R>(command: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.gen(function* () {
      const out = yield* inColour(process.stdout)
      const err = yield* inColour(process.stderr)
      const args = argv.slice(2)
      const each = (parts: ReadonlyArray<unknown>, colours: boolean) =>
        parts.map((part) => (typeof part === "string" ? render(part, args, colours) : part))
      return yield* Console.consoleWith((console) =>
        Effect.withConsole(command, {
          ...console,
          log: (...parts) => console.log(...each(parts, out)),
          error: (...parts) => console.error(...each(parts, err))
        })
      )
    })
