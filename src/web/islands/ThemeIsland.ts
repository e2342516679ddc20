/** The choice of light or dark: kept in a cookie, so that the server writes it into the page and nothing flashes. */
import { keepChoice } from "./Choice.js"

const root = document.documentElement
const dark = matchMedia("(prefers-color-scheme: dark)")

const isDark = (): boolean =>
  root.dataset.theme === "dark" || (root.dataset.theme === undefined && dark.matches)

const label = (button: HTMLElement) => {
  button.textContent = isDark() ? "Light" : "Dark"
  button.setAttribute("aria-label", isDark() ? "Light colours" : "Dark colours")
}

export const startTheme = () => {
  const button = document.querySelector<HTMLElement>("[data-theme-toggle]")
  if (button === null) return
  button.hidden = false
  label(button)
  dark.addEventListener("change", () => label(button))
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark"
    root.dataset.theme = theme
    keepChoice("theme", theme)
    label(button)
    document.dispatchEvent(new Event("theme"))
  })
}
