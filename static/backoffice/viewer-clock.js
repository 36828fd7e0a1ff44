/** Window edges stand in the challenge's time zone; whoever sits in another one reads their own beside it. */
(() => {
  "use strict";

  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const shown = new Intl.DateTimeFormat(document.documentElement.lang || "en", { dateStyle: "medium", timeStyle: "short" });

  document.addEventListener("DOMContentLoaded", () => {
    for (const edge of document.querySelectorAll("[data-window]")) {
      const [from, to] = [new Date(edge.dataset.from), new Date(edge.dataset.to)];
      if (edge.dataset.zone === own || Number.isNaN(+from)) continue;
      const mine = document.createElement("span");
      mine.className = "desk-own-clock";
      mine.textContent = `${shown.format(from)} – ${shown.format(to)} ${own}`;
      edge.append(mine);
    }
    for (const time of document.querySelectorAll("time[datetime]")) {
      const moment = new Date(time.dateTime);
      if (!Number.isNaN(+moment)) time.title = `${shown.format(moment)} ${own}\n${time.title}`;
    }
  });
})();
