/** The shop's own script: it tells the shop's server what the visitor did, and the challenges to look again. */

const list = document.querySelector("challenge-list");
const toast = document.getElementById("toast");
let hiding;

function say(text) {
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
    const happened = await post(event.target, button);
    show(happened);
    say(happened.said);
    await list.refresh();
  } catch {
    say(toast.dataset.failed);
  } finally {
    button.ariaDisabled = null;
  }
});

/* A shop whose visitor is still logged in signs a new token; the component asks again by itself. */
list.addEventListener("challenges:token-expired", async () => {
  const { token } = await post(document.getElementById("renewal"));
  list.token = token;
});

/* Menus close as menus do. */
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
