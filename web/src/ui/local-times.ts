const moment = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});

/** Moments are written in UTC; here they are shown in the reader's zone, with the UTC text as tooltip (site.md NUM-04).
 *  Days stay as they are: buckets of charts, budgets and limits are those of UTC. */
export function showLocalTimes(): void {
  for (const time of document.querySelectorAll<HTMLTimeElement>("time[datetime*='T']")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.title = time.textContent?.trim() ?? "";
    time.textContent = moment.format(at);
  }
}
