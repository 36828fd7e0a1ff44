/** The shop's own script: it sends what the visitor did to the shop's server and refreshes the challenges. */

const list = document.querySelector("challenge-list");
const toast = document.getElementById("toast");
let hiding;

function announce(text) {
  for (const id of ["said", "heard"]) document.getElementById(id).textContent = text;
  toast.classList.add("shown");
  clearTimeout(hiding);
  hiding = setTimeout(() => toast.classList.remove("shown"), 6_000);
}

toast.querySelector("a").addEventListener("click", () => toast.classList.remove("shown"));

function show({ curl, status, answer }) {
  document.getElementById("curl").textContent = curl;
  document.getElementById("status").textContent = status;
  document.getElementById("answer").textContent = JSON.stringify(answer, null, 2);
  document.getElementById("happened-hint").hidden = true;
  document.getElementById("exchange").hidden = false;
}

async function post(form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  const response = await fetch(form.action, { method: "POST", body });
  if (!response.ok) throw new Error(response.status);
  return response.json();
}

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.submitter;
  if (button.ariaDisabled === "true") return; // one order for an impatient double click
  button.ariaDisabled = "true";
  try {
    const exchange = await post(event.target, button);
    show(exchange);
    announce(exchange.said);
    await list.refresh();
  } catch {
    announce(toast.dataset.failed);
  } finally {
    button.ariaDisabled = null;
  }
});

/* The shop signs a new token while its visitor is logged in; the component then repeats its request by itself. */
list.addEventListener("challenges:token-expired", async () => {
  const { token } = await post(document.getElementById("renewal"));
  list.token = token;
});

/* A menu closes on a click outside of it, on Escape, and when the focus leaves it. */
const menus = [...document.querySelectorAll("details.menu")];
document.addEventListener("click", (event) => {
  for (const menu of menus) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
for (const menu of menus) {
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
}
