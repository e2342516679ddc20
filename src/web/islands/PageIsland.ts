/** What quickens every page: theme, live values, parts that are renewed, forms. */
import { startForms } from "./FormsIsland.js"
import { makeHappened, startLive } from "./LiveIsland.js"
import { startRenewing } from "./RenewIsland.js"
import { startTheme } from "./ThemeIsland.js"

startTheme()
startForms()
startLive()
startRenewing(makeHappened)
