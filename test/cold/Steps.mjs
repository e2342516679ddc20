/** The steps of a run: what each took, what it said, and all that did not hold. */

const cells = (row, widths) =>
  row.map((cell, at) => (at === 0 || at === 3 ? cell.padEnd(widths[at]) : cell.padStart(widths[at])))

export class Steps {
  #rows = []
  faults = []
  #memoryMiB

  /** `memoryMiB`: what a process may have at most. */
  constructor(memoryMiB) {
    this.#memoryMiB = memoryMiB
  }

  must(holds, fault) {
    if (!holds) this.faults.push(fault)
  }

  /** One answer of a step. */
  tell(name, bytes, seconds) {
    console.log(`    ${name}: ${bytes} bytes in ${seconds.toFixed(1)} s`)
  }

  /** Does a step, and keeps what it took; `work` may answer its peak and what it said. */
  async take(name, work) {
    const started = performance.now()
    const answer = (await work()) ?? {}
    const seconds = (performance.now() - started) / 1_000
    const { peakMiB, said = "" } = answer
    this.#rows.push([name, seconds.toFixed(1), peakMiB === undefined ? "" : String(peakMiB), said])
    console.log(`${name}: ${seconds.toFixed(1)} s${peakMiB === undefined ? "" : `, ${peakMiB} MiB`} ${said}`)
    this.must(
      peakMiB === undefined || peakMiB <= this.#memoryMiB,
      `${name} had ${peakMiB} MiB, and ${this.#memoryMiB} are allowed`
    )
    return answer
  }

  table() {
    const rows = [["step", "seconds", "peak MiB", ""], ...this.#rows]
    const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => row[at].length)))
    return rows.map((row) => cells(row, widths).join("  ").trimEnd()).join("\n")
  }
}
