/** The headers that known clients of OData send. */

/** Power BI and Excel. */
export const POWER_QUERY = {
  accept:
    "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7",
  "odata-maxversion": "4.0",
  "odata-version": "4.0",
  maxdataserviceversion: "3.0"
}
/** Microsoft's library, which others use. */
export const ODATALIB = {
  accept:
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false,application/json;odata.metadata=minimal;odata.streaming=true,application/json;odata.metadata=minimal",
  "odata-maxversion": "4.01",
  prefer: 'odata.include-annotations="*", odata.maxpagesize=5000'
}
