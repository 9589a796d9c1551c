// What each scan will do, chosen by hand: the list, the keys, and what the cards that still wait will set.
import { codesOfScan, digitOf, display, types } from "./scan-read.mjs";

// A gun types a character every few milliseconds: a key alone is a choice, two in a row are a code.
const ALONE = 150;
const LETTERS = "1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ";
// Keys that no browser has a use of its own for, and that no gun types.
const LIST_KEY = "F2";
const KEYS = { F4: "open", F8: "undo" };

export function makeSetting(desk, { take, aim }) {
  const setting = desk.querySelector("#desk-setting");
  const box = desk.querySelector("#desk-text");
  const palette = desk.querySelector(".desk-keys");
  const pendingChip = desk.querySelector("#desk-pending");
  const codes = () => JSON.parse(desk.dataset.commandCodes);
  const list = () => setting.querySelector("#desk-command");
  // Chosen by the arrows of the keyboard, and not applied yet.
  let chosen = false;
  let walked = false;

  const isSet = () => list()?.dataset.pending ?? list()?.querySelector("option[selected]")?.value;

  function apply() {
    chosen = false;
    const select = list();
    if (!select) return;
    select.form.querySelector("button").hidden = true;
    if (select.value !== isSet()) take(codes()[select.value]);
  }

  function drop() {
    chosen = false;
    const select = list();
    if (!select) return;
    select.value = isSet();
    select.form.querySelector("button").hidden = true;
  }

  // A choice in the list is the card of the same name: it waits its turn among the scans. By the arrows it is only
  // walked through, until Enter, the button beside it, or leaving it says so.
  function wire() {
    const select = list();
    if (!select || select.dataset.wired) return;
    select.dataset.wired = "yes";
    const button = select.form.querySelector("button");
    button.hidden = true;
    select.addEventListener("pointerdown", () => (walked = false));
    select.addEventListener("keydown", (event) => {
      walked = true;
      if (event.key === "Enter" && chosen) {
        event.preventDefault();
        apply();
        aim();
      } else if (event.key === "Escape" && chosen) drop();
    });
    select.addEventListener("change", () => {
      if (!walked) {
        apply();
        aim();
        return;
      }
      chosen = true;
      button.hidden = false;
    });
    select.form.addEventListener("focusout", (event) => {
      if (chosen && !select.form.contains(event.relatedTarget)) apply();
    });
  }

  // -- What the cards that wait will set -----------------------------------------------------------------------------------
  // `waiting`: the scans of whoever scans here that have not left, in order.
  function expect(waiting) {
    const words = JSON.parse(desk.dataset.commands);
    const keys = Object.fromEntries(Object.entries(codes()).map(([key, code]) => [code, key]));
    const places = JSON.parse(desk.dataset.places);
    let command = null;
    let place = null;
    let gift = null;
    for (const code of waiting.flatMap((scan) => codesOfScan(scan, desk.dataset))) {
      const key = keys[code];
      if (key === "anywhere") place = words[code];
      else if (key && key !== "undo") [command, gift] = [code, key === "open" ? null : gift];
      else if (code[0] === "L") place = places[code] ?? display(code);
      else if (code[0] === "D") gift = display(code);
    }
    const told = [gift, command && words[command], place].filter(Boolean);
    pendingChip.hidden = !told.length;
    if (told.length) pendingChip.querySelector("span").textContent = pendingChip.dataset.words.replace("{what}", told.join(" · "));
    const select = list();
    if (!select) return;
    if (command) select.dataset.pending = keys[command];
    else delete select.dataset.pending;
    if (!chosen && isSet() !== undefined) select.value = isSet();
  }

  // -- Keys ----------------------------------------------------------------------------------------------------------------
  let typed = null;

  function open() {
    const select = list();
    const options = select ? [...select.options].map(({ value, text }) => [value, text]) : [["open", palette.dataset.open]];
    const now = isSet();
    palette.querySelector("ul").replaceChildren(
      ...options.map(([value, text], at) => {
        const [item, button, key] = ["li", "button", "kbd"].map((name) => document.createElement(name));
        button.type = "button";
        button.dataset.command = value;
        button.dataset.key = key.textContent = LETTERS[at] ?? "";
        if (value === now) button.setAttribute("aria-current", "true");
        button.append(key, text);
        item.append(button);
        return item;
      }),
    );
    palette.hidden = false;
    (palette.querySelector("[aria-current]") ?? palette.querySelector("button")).focus();
  }

  function close() {
    clearTimeout(typed?.timer);
    typed = null;
    palette.hidden = true;
    aim();
  }

  function choose(button) {
    close();
    if (button.dataset.command !== isSet()) take(codes()[button.dataset.command]);
  }

  palette.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.command) choose(button);
    else if (button) close();
  });
  palette.addEventListener("keydown", (event) => {
    const buttons = [...palette.querySelectorAll("[data-command]")];
    const at = buttons.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") close();
    else if (step) buttons[(at + step + buttons.length) % buttons.length].focus();
    else if (types(event) && event.key !== " ") {
      if (typed) {
        // A gun, that knows nothing of this list: what it types goes to the box.
        const text = typed.text + event.key;
        close();
        box.focus();
        box.value += text;
      } else {
        const letter = digitOf(event.key) ?? event.key.toUpperCase();
        const button = buttons.find((one) => one.dataset.key === letter);
        typed = { text: event.key, timer: setTimeout(() => ((typed = null), button && choose(button)), ALONE) };
      }
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.repeat) return;
    if (event.key === LIST_KEY) palette.hidden ? open() : close();
    else if (KEYS[event.key]) {
      if (!palette.hidden) close();
      take(codes()[KEYS[event.key]]);
    } else return;
    event.preventDefault();
  });
  desk.querySelector(".desk-help").hidden = false;

  return { apply, wire, expect, isOpen: () => !palette.hidden };
}
