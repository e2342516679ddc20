/** TypeScript as users have it set: strict, and the stricter options beside. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import ts from "typescript"

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: false,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  isolatedModules: true,
  verbatimModuleSyntax: true,
  // Node and Deno run it as it is: types can be stripped from it.
  erasableSyntaxOnly: true,
  noEmit: true
}

/** Where the code is to run, for the compiler. */
export const BROWSER: ts.CompilerOptions = {
  lib: ["lib.es2022.d.ts", "lib.dom.d.ts"],
  types: [],
  skipLibCheck: true
}
export const NODE: ts.CompilerOptions = {
  lib: ["lib.es2023.d.ts"],
  types: ["node"],
  typeRoots: [fileURLToPath(new URL("../../node_modules/@types", import.meta.url))],
  skipLibCheck: true
}

export interface Found {
  readonly file: string
  readonly line: number
  readonly code: string
  readonly message: string
}

/** What the compiler says of files of a folder, in their order. */
export const diagnose = (
  folder: string,
  files: ReadonlyArray<string>,
  options: ts.CompilerOptions
): ReadonlyArray<Found> => {
  const program = ts.createProgram(
    files.map((file) => join(folder, file)),
    { ...OPTIONS, ...options }
  )
  return ts.getPreEmitDiagnostics(program).map(({ code, file, messageText, start = 0 }) => ({
    file: file?.fileName.slice(folder.length + 1) ?? "",
    line: file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1,
    code: `TS${code}`,
    message: ts.flattenDiagnosticMessageText(messageText, "\n")
  }))
}

/** The JavaScript of a file. */
export const stripped = (path: string): string =>
  ts.transpileModule(readFileSync(path, "utf8"), {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ES2022,
      verbatimModuleSyntax: true
    }
  }).outputText

/** The TypeScript of a document, block by block. */
export const snippets = (path: string): ReadonlyArray<string> =>
  [...readFileSync(path, "utf8").matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code)
