// ?language= ?theme= ?only=part of a name: what to show of gallery.json, each challenge on a card of its own.
const asked = new URLSearchParams(location.search);
const theme = asked.get("theme");
if (theme === "dark") document.body.className = "dark";
const language = asked.get("language") ?? "en";
document.documentElement.lang = language;
document.documentElement.dir = language === "ar" ? "rtl" : "ltr";

const states = await (await fetch("/pages/gallery.json")).json();
for (const [name, challenge] of Object.entries(states)) {
  if (asked.has("only") && !name.includes(asked.get("only"))) continue;
  const section = document.createElement("section");
  const heading = document.createElement("h2");
  heading.textContent = name;
  const card = document.createElement("challenge-card");
  if (theme) card.theme = theme;
  card.language = language;
  card.data = challenge;
  section.append(heading, card);
  document.querySelector("#gallery").append(section);
}
document.body.dataset.ready = "";
