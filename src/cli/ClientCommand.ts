/** `tidemark client --out client.ts`: a typed client of the HTTP contract in one file, without a server. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { FileSystem } from "@effect/platform/FileSystem"
import * as OpenApi from "@effect/platform/OpenApi"
import { Path } from "@effect/platform/Path"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { TidemarkApi } from "../api/TidemarkApi.js"
import { generateClient } from "../codegen/Generate.js"

export const clientText = (): string => generateClient({ ...OpenApi.fromApi(TidemarkApi) })

/** Writes a file that is not so already, so that what is made from it need not be made again. */
const write = (file: string, text: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem
    const path = yield* Path
    const before = yield* Effect.option(fs.readFileString(file))
    if (Option.contains(before, text)) return
    yield* fs.makeDirectory(path.dirname(file), { recursive: true })
    yield* fs.writeFileString(file, text)
  })

export const client = Command.make(
  "client",
  {
    out: Options.file("out").pipe(
      Options.withDescription("the file to write; without it the client is printed"),
      Options.optional
    )
  },
  ({ out }) =>
    Effect.suspend(() =>
      Option.match(out, {
        onNone: () => Console.log(clientText().trimEnd()),
        onSome: (file) => write(file, clientText())
      })
    )
).pipe(Command.withDescription("Writes a typed TypeScript client of the HTTP API that needs nothing else"))
