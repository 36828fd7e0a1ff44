/** A run that is not over shows how far it is: its part of the page is asked for again, every two seconds. */
(() => {
  "use strict";

  const EVERY = 2000;

  async function refresh() {
    const shown = document.querySelector("[data-run]");
    if (!shown || shown.dataset.run !== "running") return;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-run]");
      // Logged out meanwhile, or an error page: the page that is shown stays.
      if (answer.ok && fresh) shown.replaceWith(document.importNode(fresh, true));
    } catch {
      // The server is away for a moment: ask again.
    }
    setTimeout(refresh, EVERY);
  }

  setTimeout(refresh, EVERY);
})();
