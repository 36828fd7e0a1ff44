/** Windows are shown in the challenge's time zone; this adds the viewer's own where it is another one. */
(() => {
  "use strict";

  const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const format = new Intl.DateTimeFormat(document.documentElement.lang || "en", { dateStyle: "medium", timeStyle: "short" });

  document.addEventListener("DOMContentLoaded", () => {
    for (const range of document.querySelectorAll("[data-window]")) {
      const [from, to] = [new Date(range.dataset.from), new Date(range.dataset.to)];
      if (range.dataset.zone === ownZone || Number.isNaN(+from)) continue;
      const local = document.createElement("span");
      local.className = "desk-own-clock";
      local.textContent = `${format.format(from)} – ${format.format(to)} ${ownZone}`;
      range.append(local);
    }
    for (const time of document.querySelectorAll("time[datetime]")) {
      const moment = new Date(time.dateTime);
      if (!Number.isNaN(+moment)) time.title = `${format.format(moment)} ${ownZone}\n${time.title}`;
    }
  });
})();
