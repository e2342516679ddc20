/** A folder of files: links by which people walk, and by which tools that list folders find what there is. */
import type { FileEntry } from "../../api/files/FilesGroup.js"
import { whole } from "../core/Figures.js"
import { html } from "../core/Html.js"
import { page } from "../core/Layout.js"

export const renderFolder = (path: string, entries: ReadonlyArray<FileEntry>): string =>
  page({
    title: path,
    path: "",
    body: html`
<h1><code>${path}</code></h1>
<p>Closed days as Parquet, sorted by sensor and time. A file never changes: late data make a new one.</p>
<ul>${path !== "/files/" && html`<li><a href="${path.replace(/[^/]+\/$/, "")}">..</a></li>`}
${entries.map((entry) => html`<li><a href="${entry.href}">${entry.name}</a>${entry.size !== null && html` ${whole(entry.size)} bytes`}</li>\n`)}</ul>
${entries.length === 0 && html`<p>There is nothing yet: a day is closed when it is over, and the time for late readings too.</p>`}`
  })
