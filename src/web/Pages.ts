/** All pages: pure functions from data to a whole HTML document, and the style sheet that they share. */
export { ALERTS_DONE, type AlertsDone, type AlertsView, renderAlerts } from "./alerts/AlertsPage.js"
export { type CatalogView, datasetHref, renderCatalog } from "./catalogue/CataloguePage.js"
export { type DatasetView, renderDataset } from "./catalogue/DatasetPage.js"
export { lineageNodes } from "./catalogue/LineageSvg.js"
export { renderProblem } from "./core/ErrorPage.js"
export { STYLES_PATH } from "./core/Layout.js"
export { forReader } from "./core/PageReader.js"
export { inZone } from "./core/PageZone.js"
export { styles } from "./core/Styles.js"
export { sensorLabel } from "./core/Terms.js"
export { type ExplainView, renderExplain } from "./explain/ExplainPage.js"
export {
  EXPLORE_DONE,
  type ExploreView,
  RANGES,
  type RangeName,
  renderExplore
} from "./explore/ExplorePage.js"
export { renderFolder } from "./files/FolderPage.js"
export { countsOf, type NowSensor, type NowView, renderNow, worstFirst } from "./live/NowPage.js"
export type { PlotGaps, PlotMark, PlotPoint, PlotSeries } from "./plot/PlotModel.js"
export { dayWindow, type QualityView, renderQuality } from "./quality/QualityPage.js"
export { type RejectedPageView, renderRejected } from "./rejected/RejectedPage.js"
export { renderSensor, type SensorView } from "./sensors/SensorPage.js"
export { type KeysView, renderKeys } from "./system/KeysPage.js"
export { type OperationsView, renderOperations } from "./system/OperationsPage.js"
