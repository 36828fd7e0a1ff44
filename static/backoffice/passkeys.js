// Passkeys: the browser's ceremony between a button and the server's two addresses (backoffice/pages/passkeys.py).
(() => {
  const json = async (url, body) => {
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };

  const ceremonies = {
    create: async (options) =>
      navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
    get: async (options) =>
      navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }),
  };

  for (const place of document.querySelectorAll("[data-passkey]")) {
    const { passkey, begin, complete, next, failed, unsupported } = place.dataset;
    const button = place.querySelector("button");
    const alert = place.querySelector("[role=alert]");
    const say = (text) => {
      alert.textContent = text;
      alert.hidden = !text;
    };
    if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) {
      button.disabled = true;
      say(unsupported);
      continue;
    }
    button.addEventListener("click", async () => {
      say("");
      button.disabled = true;
      try {
        const credential = await ceremonies[passkey](await json(begin, {}));
        await json(complete, credential.toJSON());
        window.location.assign(next);
      } catch {
        say(failed);
        button.disabled = false;
      }
    });
  }
})();
