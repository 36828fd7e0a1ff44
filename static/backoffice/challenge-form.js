/**
 * The challenge's form: tabs of languages, variables inserted by a click, milestones added and drawn on their way
 * to the target, and the preview. It finds everything by `data-` attributes that the templates and `TextsForm`
 * set; without this script the form still saves.
 */
(() => {
  "use strict";

  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);
  const make = (tag, attributes = {}, text = "") => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.textContent = text;
    return element;
  };

  document.addEventListener("DOMContentLoaded", () => {
    const form = one("#challenge_form");
    if (!form) return;
    document.body.classList.add("desk-form-page");
    const preview = one("[data-preview]");
    document.body.classList.toggle("has-preview", Boolean(preview));
    enhanceAll(form);
    labelSearches(form);
    document.addEventListener("backoffice:added", () => labelSearches(form));
    const languages = new Languages(form);
    new Milestones(form);
    showQuestion(form, languages);
    if (preview) new Preview(form, preview);
  });

  /** Focus what is asked before saving; its links lead to fields, and "Not yet" closes it. */
  function showQuestion(form, languages) {
    const question = one("[data-question]", form);
    if (!question) return;
    question.focus();
    question.addEventListener("click", (event) => {
      if (event.target.closest("[data-dismiss]")) question.remove();
      const link = event.target.closest("[data-go]");
      if (!link) return;
      event.preventDefault();
      const field = one(`#id_${link.dataset.go}`, form);
      if (field?.dataset.language) languages.show(field.dataset.language);
      field?.scrollIntoView({ block: "center" });
      field?.focus();
    });
  }

  /** Name Select2's empty searches by their labels, for screen readers; Select2 makes them a moment later. */
  function labelSearches(form) {
    setTimeout(() => {
      for (const search of all(".select2-selection__rendered", form)) {
        const field = search.id.replace(/^select2-(.*)-container$/, "$1");
        const label = one(`label[for="${field}"]`, form);
        if (label) search.setAttribute("aria-label", label.firstChild.textContent.trim());
      }
    });
  }

  /* ------------------------------------------------------------ texts */

  function enhanceAll(root) {
    all("[data-text]", root).forEach(enhanceText);
    all("[data-icon]", root).forEach(enhanceIcon);
  }

  /** Add a character counter, and buttons that insert a variable at the cursor. */
  function enhanceText(input) {
    if (input.dataset.enhanced) return;
    input.dataset.enhanced = "1";
    const tools = make("div", { class: "desk-under" });
    for (const name of (input.dataset.variables || "").split(" ").filter(Boolean)) {
      const button = make("button", { type: "button", "data-insert": name }, `{{${name}}}`);
      button.addEventListener("click", () => insert(input, `{{${name}}}`));
      tools.append(button);
    }
    const count = make("span", { class: "desk-count" });
    tools.append(count);
    input.after(tools);
    const recount = () => {
      count.textContent = `${[...input.value].length} / ${input.getAttribute("maxlength")}`;
    };
    input.addEventListener("input", recount);
    recount();
  }

  function insert(input, text) {
    const [from, to] = document.activeElement === input || input.dataset.touched
      ? [input.selectionStart, input.selectionEnd] : [input.value.length, input.value.length];
    input.setRangeText(text, from, to, "end");
    input.dataset.touched = "1";
    input.focus();
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** The language that is shown of all texts on the page: the challenge's and every milestone's. */
  class Languages {
    constructor(form) {
      this.form = form;
      this.code = sessionStorage.getItem("backoffice-language") || this.firstWithErrors() || "en";
      form.addEventListener("click", (event) => {
        const tab = event.target.closest("[data-language-tab]");
        if (tab) this.show(tab.dataset.languageTab);
        if (event.target.closest("[data-copy]")) this.copy(one("[data-copy-from]", form).value);
      });
      form.addEventListener("keydown", (event) => this.#moveByArrow(event));
      form.addEventListener("input", () => this.refresh());
      document.addEventListener("backoffice:added", () => this.show(this.code));
      this.show(this.firstWithErrors() || this.code);
    }

    firstWithErrors() {
      return one("[data-language-tab] .desk-errors", this.form)?.closest("[data-language-tab]").dataset.languageTab;
    }

    show(code) {
      this.code = one(`[data-language-tab="${code}"]`, this.form) ? code : "en";
      sessionStorage.setItem("backoffice-language", this.code);
      for (const tab of all("[data-language-tab]", this.form)) {
        const chosen = tab.dataset.languageTab === this.code;
        tab.setAttribute("aria-selected", chosen);
        tab.tabIndex = chosen ? 0 : -1;
      }
      for (const panel of all("[data-language-panel]", this.form)) panel.hidden = panel.dataset.languagePanel !== this.code;
      this.refresh();
      document.dispatchEvent(new CustomEvent("backoffice:language", { detail: this.code }));
    }

    /** Show how many texts each language has, and in each empty one what members read instead. */
    refresh() {
      for (const group of all("[data-languages]", this.form)) {
        for (const tab of all("[data-language-tab]", group)) {
          const texts = all(`[data-language-panel="${tab.dataset.languageTab}"] [data-text]`, group);
          const filled = texts.filter((text) => text.value.trim()).length;
          one("[data-filled]", tab).textContent = filled ? `${filled}/${texts.length}` : "";
        }
        for (const text of all("[data-text]", group)) {
          if (text.dataset.language === "en") continue;
          const english = one(`[data-text="${text.dataset.text}"][data-language="en"]`, group);
          text.placeholder = english?.value.trim() || text.dataset.default || "";
        }
      }
    }

    copy(from) {
      for (const text of all(`[data-text][data-language="${this.code}"]`, this.form)) {
        const group = text.closest("[data-languages]");
        const source = one(`[data-text="${text.dataset.text}"][data-language="${from}"]`, group);
        if (text.value.trim() || !source) continue;
        text.value = source.value || source.dataset.default;
        text.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }

    #moveByArrow(event) {
      const tab = event.target.closest("[data-language-tab]");
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!tab || !step) return;
      const tabs = all("[data-language-tab]", tab.parentElement);
      const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
      this.show(next.dataset.languageTab);
      next.focus();
    }
  }

  /* ------------------------------------------------------------ icons */

  function enhanceIcon(box) {
    if (box.dataset.enhanced) return;
    box.dataset.enhanced = "1";
    const [input, image, name] = ["input[type=file]", "[data-icon-image]", "[data-icon-name]"].map((s) => one(s, box));
    const before = image.src;
    input.hasChangeListener = true; // the theme's own listener wants the theme's own markup
    input.addEventListener("change", () => {
      const file = input.files[0];
      name.textContent = file ? `${file.name} · ${Math.ceil(file.size / 1024)} KB` : "";
      one("[data-icon-kept]", box)?.remove();
      if (!file) return void (image.src = before);
      const reader = new FileReader();
      reader.addEventListener("load", () => {
        image.src = reader.result;
        document.dispatchEvent(new CustomEvent("backoffice:changed"));
      });
      reader.readAsDataURL(file);
    });
    one("[data-icon-clear]", box)?.addEventListener("change", (event) => {
      image.src = event.target.checked ? box.querySelector("[data-icon-default]").dataset.iconDefault : before;
    });
  }

  /* ------------------------------------------------------------ milestones */

  class Milestones {
    constructor(form) {
      this.form = form;
      this.root = one("[data-ladder]", form);
      if (!this.root) return;
      this.prefix = this.root.dataset.ladder;
      this.list = one("[data-rungs]", this.root);
      one("[data-add-rung]", this.root)?.addEventListener("click", () => this.add());
      this.root.addEventListener("change", (event) => this.#onRemovalChange(event));
      form.addEventListener("input", () => this.draw());
      form.addEventListener("change", () => this.draw());
      window.django?.jQuery?.(form).on("change", "select", () => this.draw());
      all("[data-rung]", this.root).forEach((milestone) => this.#markRemoved(milestone));
      this.draw();
    }

    add() {
      const total = one(`[name="${this.prefix}-TOTAL_FORMS"]`, this.root);
      const holder = document.createElement("div");
      holder.innerHTML = one("[data-rung-template]", this.root).innerHTML.replaceAll("__prefix__", total.value);
      const milestone = holder.firstElementChild;
      this.list.append(milestone);
      total.value = Number(total.value) + 1;
      const most = one(`[name="${this.prefix}-MAX_NUM_FORMS"]`, this.root);
      one("[data-add-rung]", this.root).hidden = Number(total.value) >= Number(most.value);
      enhanceAll(milestone);
      milestone.dispatchEvent(new CustomEvent("formset:added", { bubbles: true, detail: { formsetName: this.prefix } }));
      document.dispatchEvent(new CustomEvent("backoffice:added"));
      one("input:not([type=hidden])", milestone)?.focus();
      one("[name$=milestone_target_value]", milestone)?.focus();
      this.draw();
    }

    #onRemovalChange(event) {
      if (event.target.name?.endsWith("-DELETE")) this.#markRemoved(event.target.closest("[data-rung]"));
    }

    #markRemoved(milestone) {
      milestone.classList.toggle("is-removed", Boolean(one("[name$=-DELETE]", milestone)?.checked));
    }

    /** Draw the milestones and the target to scale, each with its reward. */
    draw() {
      const drawing = one("[data-ladder-drawing]", this.root);
      const target = Number(one("[name=completion_target_value]", this.form)?.value);
      const marks = all("[data-rung]", this.list)
        .filter((milestone) => !milestone.classList.contains("is-removed"))
        .map((milestone) => this.#read(milestone));
      drawing.hidden = !(target > 0) || !marks.length;
      if (drawing.hidden) return;
      const highest = Math.max(target, ...marks.map((mark) => mark.value || 0));
      drawing.replaceChildren(make("div", { class: "desk-ladder-track" }));
      for (const mark of marks.filter(({ value }) => value > 0)) {
        const kind = mark.value > target ? "is-over" : mark.status === "live" ? "" : "is-idle";
        drawing.append(this.#makeMark(mark.value / highest, mark.text, mark.reward, kind));
      }
      const reward = one("[name=completion_reward] option:checked", this.form)?.textContent.trim();
      drawing.append(this.#makeMark(target / highest, String(target), reward, "is-target"));
    }

    #read(milestone) {
      const field = (name) => one(`[name$="-${name}"]`, milestone);
      const text = field("milestone_target_value")?.value || "";
      const name = field("name")?.value || "";
      const title = one("[data-rung-title]", milestone);
      if (text || name) title.textContent = [text, name].filter(Boolean).join(" · ");
      const reward = one("[name$=-reward] option:checked", milestone)?.textContent.trim();
      return { value: Number(text), text, status: field("status")?.value, reward };
    }

    #makeMark(share, text, reward, kind) {
      const mark = make("div", { class: `desk-ladder-mark ${kind}` });
      mark.style.left = `${share * 100}%`;
      mark.append(make("b", {}, text), make("i"), make("span", { title: reward || "" }, reward || "·"));
      return mark;
    }
  }

  /* ------------------------------------------------------------ preview */

  class Preview {
    constructor(form, panel) {
      Object.assign(this, { form, panel, state: sessionStorage.getItem("backoffice-state") || "not_started", timer: 0, turn: 0 });
      this.card = one("challenge-card", panel);
      this.note = one("[data-preview-note]", panel);
      this.stage = one("[data-preview-stage]", panel);
      form.addEventListener("input", () => this.drawSoon());
      form.addEventListener("change", () => this.drawSoon());
      document.addEventListener("backoffice:changed", () => this.drawSoon());
      document.addEventListener("backoffice:language", (event) => this.#setLanguage(event.detail));
      panel.addEventListener("click", (event) => this.#press(event.target.closest("button")));
      panel.addEventListener("input", () => this.drawSoon());
      const pressed = one(`[data-preview-state="${this.state}"]`, panel);
      for (const button of all("[data-preview-state]", panel)) button.setAttribute("aria-pressed", button === pressed);
      this.#setLanguage(sessionStorage.getItem("backoffice-language") || "en");
    }

    drawSoon() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.draw(), 350);
    }

    async draw() {
      const turn = ++this.turn;
      const answer = await fetch(this.panel.dataset.preview, { method: "POST", body: this.#body(), credentials: "same-origin" })
        .then((response) => (response.ok ? response.json() : null)).catch(() => null);
      if (turn !== this.turn) return;
      this.note.classList.toggle("is-bad", !answer || Boolean(answer.wrong));
      if (!answer) return void (this.note.textContent = this.panel.dataset.failed || "The preview could not be loaded.");
      this.note.textContent = answer.note;
      this.card.language = answer.language;
      this.card.data = this.#withIcons(answer.data, answer.places);
    }

    /** Copy the form without its files, because the preview takes its icons from the page. */
    #body() {
      const body = new FormData(this.form);
      for (const [name, value] of [...body.entries()]) if (value instanceof File || name.endsWith("-kept")) body.delete(name);
      body.set("preview_state", this.state);
      body.set("preview_language", one("[data-preview-language]", this.panel).value);
      body.set("preview_member", one("[data-preview-member]", this.panel).value.trim());
      return body;
    }

    #withIcons(data, places) {
      const iconIn = (root) => one("[data-icon-image]", root)?.src;
      const icon = iconIn(one(".field-icon, [data-icon]", this.form) || this.form);
      if (icon) data.eudIcon = icon;
      const milestoneForms = all("[data-rung]", this.form);
      for (const milestone of data.milestones) {
        const milestoneForm = milestoneForms[places[milestone.id]];
        if (milestoneForm) milestone.eudMilestoneIcon = iconIn(milestoneForm) || milestone.eudMilestoneIcon;
      }
      return data;
    }

    #setLanguage(code) {
      const select = one("[data-preview-language]", this.panel);
      if (one(`option[value="${code}"]`, select)) select.value = code;
      this.drawSoon();
    }

    #press(button) {
      if (!button) return;
      const { previewState, previewWidth, previewTheme } = button.dataset;
      if (previewState) {
        this.state = previewState;
        sessionStorage.setItem("backoffice-state", previewState);
      }
      if (previewWidth) {
        this.stage.dataset.width = previewWidth;
        this.panel.classList.toggle("is-wide", previewWidth === "desktop");
      }
      if (previewTheme) {
        this.stage.dataset.theme = previewTheme;
        this.card.theme = previewTheme;
      }
      for (const sibling of all("button", button.parentElement)) sibling.setAttribute("aria-pressed", sibling === button);
      this.drawSoon();
    }
  }
})();
