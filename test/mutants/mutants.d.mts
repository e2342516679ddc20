export const mutants: ReadonlyArray<{
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
  readonly why: string
}>
