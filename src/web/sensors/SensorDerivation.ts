/** What a derived sensor is computed from, on its page. */
import { type Html, html } from "../core/Html.js"
import { foreign } from "../core/Terms.js"

export interface DerivationView {
  readonly name: string
  readonly expression: string
  readonly version: number
  /** `name`: null where it has none. */
  readonly sources: ReadonlyArray<{ readonly sensor: number; readonly name: string | null }>
  /** Its newest minutes, the oldest first. */
  readonly minutes: ReadonlyArray<readonly [at: number, value: number]>
}

export const derivationSection = ({
  expression,
  name,
  sources,
  version
}: DerivationView): Html => html`<section id="derivation"><h2>Computed from</h2>
<p><code>${foreign(expression)}</code></p>
<ul>${sources.map(
  ({ name, sensor }) =>
    html`<li><a href="/sensors/${sensor}">Sensor ${sensor}</a>${name !== null && html`, ${foreign(name)}`}</li>`
)}</ul>
<p class="quiet">Each minute of it is computed from that minute of these, as version ${version} of its definition says: <a href="/derived/${encodeURIComponent(name)}/history">what was said of it</a>.</p></section>`
