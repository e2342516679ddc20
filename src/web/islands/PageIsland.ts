/** What quickens every page: theme, time zone, live values, parts that are renewed, forms. */
import { startForms } from "./FormsIsland.js"
import { makeHappened, startLive } from "./LiveIsland.js"
import { startRenewing } from "./RenewIsland.js"
import { startTheme } from "./ThemeIsland.js"
import { startZones } from "./ZoneIsland.js"

startTheme()
startZones()
startForms()
startLive()
startRenewing(makeHappened)
