/** The choice of the clocks that times are shown by: kept in a cookie, so that the server writes them so. */
import { keepChoice } from "./Choice.js"

/** The address without a zone of its own: what it said in local time, it says in UTC then. */
const plainAddress = (): string => {
  const url = new URL(location.href)
  if (!url.searchParams.has("tz")) return url.href
  url.searchParams.delete("tz")
  for (const { dataset, name } of document.querySelectorAll<HTMLInputElement>("input[data-utc]"))
    if (url.searchParams.has(name) && dataset.utc !== undefined) url.searchParams.set(name, dataset.utc)
  return url.href
}

export const startZones = () => {
  const select = document.querySelector<HTMLSelectElement>("[data-zones] select")
  if (select === null) return
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone
  const option = [...select.options].find(({ value }) => value === own)
  if (option === undefined) select.add(new Option(`${own} (browser)`, own))
  else option.text = `${own} (browser)`
  select.addEventListener("change", () => {
    keepChoice("zone", select.value)
    location.replace(plainAddress())
  })
}
