// Offers titles while a movie is typed: an editable combobox with a list, as the ARIA Authoring
// Practices describe it. Arrow keys move, Enter chooses, Escape closes. Without this script the
// fields take titles as they are typed.
"use strict";

const PAUSE = 120; // milliseconds without a key before the server is asked

class Completion {
  constructor(input) {
    this.input = input;
    this.chosen = -1;
    this.asking = new AbortController();
    this.list = document.createElement("ul");
    this.list.id = `${input.id}-titles`;
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Titles");
    input.after(this.list);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", this.list.id);
    input.setAttribute("aria-expanded", "false");
    input.addEventListener("input", () => this.askSoon());
    input.addEventListener("keydown", (event) => this.onKey(event));
    input.addEventListener("blur", () => this.close());
    // The input keeps the focus when a title is pressed.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.take(option);
    });
  }

  askSoon() {
    this.close();
    if (this.input.value.trim()) this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    const query = new URLSearchParams({ q: this.input.value });
    const { signal } = this.asking;
    try {
      const response = await fetch(`${this.input.dataset.titles}?${query}`, { signal });
      if (response.ok) this.show(await response.json());
    } catch (error) {
      // Typing went on, or the server is away: then the next answer or page tells.
      if (error.name !== "AbortError" && !(error instanceof TypeError)) throw error;
    }
  }

  show(titles) {
    this.list.replaceChildren(
      ...titles.map((title, number) => {
        const option = document.createElement("li");
        option.id = `${this.list.id}-${number}`;
        option.dir = "auto";
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.textContent = title; // never innerHTML: a title is text
        return option;
      }),
    );
    this.list.hidden = titles.length === 0;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
  }

  close() {
    clearTimeout(this.timer);
    this.asking.abort();
    this.asking = new AbortController();
    this.chosen = -1;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  onKey(event) {
    if (this.list.hidden || event.isComposing) return;
    const options = this.list.children;
    if (event.key === "ArrowDown") this.choose((this.chosen + 1) % options.length);
    else if (event.key === "ArrowUp") this.choose((Math.max(this.chosen, 0) || options.length) - 1);
    else if (event.key === "Enter" && this.chosen >= 0) this.take(options[this.chosen]);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
  }

  choose(number) {
    const options = [...this.list.children];
    options.forEach((option, other) => option.setAttribute("aria-selected", String(other === number)));
    options[number].scrollIntoView({ block: "nearest" });
    this.chosen = number;
    this.input.setAttribute("aria-activedescendant", options[number].id);
  }

  take(option) {
    this.input.value = option.textContent;
    this.close();
  }
}

for (const input of document.querySelectorAll("input[data-titles]")) new Completion(input);
