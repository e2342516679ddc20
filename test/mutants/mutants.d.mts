export const mutants: ReadonlyArray<{
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
  readonly why: string
  /** What has to find it, in place of the simulator. */
  readonly test?: string
  /** How many processes the simulator has to find it with: one, where nothing is said. */
  readonly processes?: number | "drawn"
}>
