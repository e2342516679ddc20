/** mappings.json: how messages of a topic are read. A wrong file is refused whole, with the path of every fault. */
import type { FileSystem } from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { fileText, NO_FILE, pathText, problemText, refusalText } from "../config/FileProblems.js"
import { parseJsonText } from "../config/JsonText.js"
import { NO_MAPPINGS } from "../ingest/mapping/Mapper.js"
import { Mapping, MappingFile } from "../ingest/mapping/MappingSchema.js"

/** The file can't be read, is no JSON, or declares wrong mappings. One problem a line, each with its path. */
export class MappingsFileError extends Schema.TaggedError<MappingsFileError>()("MappingsFileError", {
  path: Schema.String,
  problems: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return refusalText(this.path, this.problems)
  }
}

const decodeFile = ParseResult.decodeUnknownEither(MappingFile, { errors: "all", onExcessProperty: "error" })

const knownFields = (path: ReadonlyArray<PropertyKey>): ReadonlyArray<string> => {
  switch (path.length) {
    case 1:
      return Object.keys(MappingFile.fields)
    case 3:
      return Object.keys(Mapping.fields)
    default:
      return path[2] === "place" ? ["lat", "lng"] : ["allow", "deny", "rename"]
  }
}

/** The mappings that the text of a file declares; `path` is named in the error. */
export const decode = (path: string, text: string): Either.Either<MappingFile, MappingsFileError> =>
  parseJsonText(text).pipe(
    Either.mapLeft(({ line, column, problem }) => [`line ${line}, column ${column}: ${problem}`]),
    Either.flatMap((json) =>
      Either.mapLeft(decodeFile(json), (issue) =>
        ParseResult.ArrayFormatter.formatIssueSync(issue).map(
          (fault) =>
            `${pathText(fault.path).replace(/^\./, "")}: ${problemText(fault, knownFields(fault.path))}`
        )
      )
    ),
    Either.mapLeft((problems) => new MappingsFileError({ path, problems }))
  )

/** The file's mappings; a file that is not there has none. */
export const load = (path: string): Effect.Effect<MappingFile, MappingsFileError, FileSystem> =>
  fileText(path).pipe(
    Effect.matchEffect({
      onFailure: (problem) =>
        problem === NO_FILE
          ? Effect.succeed(NO_MAPPINGS)
          : Effect.fail(new MappingsFileError({ path, problems: [problem] })),
      onSuccess: (text) => decode(path, text)
    })
  )
