// The desk with a gun: a scan is kept on the disk, the box is free at once, and the queue leaves in order, whatever the
// network does. Without this module the same form sends one scan a page.
import { openQueue } from "./scan-queue.mjs";
import { codeOf, digitOf, display } from "./scan-read.mjs";
import { makeSender } from "./scan-send.mjs";
import { isQuiet, play, setQuiet } from "./scan-sound.mjs";

const AGAIN_AFTER = 4000;
// A scan that nobody answered within this shows that it waits.
const SLOW = 2500;
// Away from the network, fast scans do not each knock at its door.
const KNOCK = 1000;
// A gun types a character every few milliseconds, nobody's fingers do: it may end with Tab where others press Enter.
const GUN_PACE = 50;
const GUN_LENGTH = 6;

function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID(); // absent from addresses that are not secure
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  return [8, 12, 16, 20].reduceRight((text, at) => `${text.slice(0, at)}-${text.slice(at)}`, hex);
}

export default async function (desk) {
  const form = desk.querySelector(".desk-box");
  const box = form.elements.text;
  const ids = ["setting", "last", "standing", "waiting", "rows", "counts", "empty", "actions"];
  const parts = Object.fromEntries(ids.map((id) => [id, desk.querySelector(`#desk-${id}`)]));
  const template = desk.querySelector(".desk-template").content;
  const commands = JSON.parse(desk.dataset.commands);
  const commandCodes = JSON.parse(desk.dataset.commandCodes);
  const { send, fresh, token, note, operator: name, account, organisation } = desk.dataset;
  const station = { send, fresh, token, note, name, account, organisation };
  // Scans made before the database is open are not lost: they wait for it, in order.
  let writing = openQueue();
  const opened = writing;
  const sending = opened.then((queue) => makeSender(queue, station, { answered, held, away, back, fresh: freshened }));
  // What was scanned on this page and not answered yet; another page of this browser may send it.
  const mine = new Set();
  // How many are on their way to the disk: whoever counted the queue before they came there knows nothing of them.
  let unwritten = 0;
  const siblings = globalThis.BroadcastChannel ? new BroadcastChannel("refurb-desk") : null;

  const say = (state, on) => {
    desk.querySelector(`[data-state="${state}"]`).hidden = !on;
  };
  const only = (state) => ["offline", "signed-out", "forbidden", "trouble"].forEach((one) => say(one, one === state));

  // -- What is shown ---------------------------------------------------------------------------------------------------
  function show(answer, here = true) {
    if (here) parts.last.innerHTML = answer.last;
    if (answer.setting !== null) parts.setting.innerHTML = answer.setting;
    parts.counts.innerHTML = answer.counts;
    if (answer.standing !== null) parts.standing.innerHTML = answer.standing;
    for (const row of answer.rows) {
      if (!known(row)) parts.rows.insertAdjacentHTML("afterbegin", row);
    }
    // What this scan took back stays where it stood, struck through.
    for (const row of answer.changed ?? []) {
      const shown = known(row);
      if (shown) shown.outerHTML = row;
    }
    for (const old of [...parts.rows.children].slice(50)) old.remove();
    parts.empty.hidden = true;
    parts.actions.hidden = false;
    wire();
    filter();
    say("clock", Boolean(answer.clock));
    if (!here) return;
    play(answer.conflict ? "refused" : answer.answer);
    // The PIN of the badge that was just read is the next thing typed, unless the gun went on.
    if (!box.value && document.activeElement === box) aim();
    const then = parts.last.querySelector("[data-then]");
    if (then) follow(then);
  }

  const known = (row) => document.getElementById(/id="(scan-\d+)"/.exec(row)?.[1]);
  const aim = () => (parts.last.querySelector("#desk-pin") ?? box).focus();

  // What another area adds comes second, and its absence is no trouble. A gun that goes on does not ask for it.
  async function follow(what) {
    try {
      await new Promise((done) => setTimeout(done, 300));
      if (!what.isConnected) return;
      const answer = await fetch(what.dataset.then, { headers: { Accept: "text/html" }, redirect: "error" });
      if (!answer.ok || !what.isConnected) return;
      const added = document.createElement("div");
      added.className = "desk-then";
      added.innerHTML = await answer.text();
      what.append(added);
    } catch (error) {
      console.error("then", error);
    }
  }

  function showWaiting(scan) {
    const code = codeOf(scan.text);
    const card = template.cloneNode(true);
    card.querySelector(".desk-code").textContent = commands[code] ?? (code ? display(code) : scan.text);
    parts.last.replaceChildren(card);
    play("waiting");
  }

  async function showQueue() {
    const queue = await opened;
    const waiting = await queue.all();
    say("unkept", queue.state === "unkept");
    say("full", queue.state === "full");
    const waits = waiting.length > 0 || unwritten > 0;
    if (!waits) say("after", false);
    parts.empty.hidden = waiting.length > 0 || parts.rows.children.length > 0;
    const words = desk.querySelector('[data-state="queue"] span');
    say("queue", waiting.length > 0);
    words.textContent = waiting.length === 1 ? words.dataset.one : words.dataset.many.replace("{n}", waiting.length);
    desk.toggleAttribute("data-waiting", waits);
    // A whole day may wait: the latest are listed, all are counted.
    parts.waiting.replaceChildren(...waiting.slice(-50).reverse().map(line));
    await showHeld(queue);
  }

  function line(scan) {
    const item = document.createElement("li");
    item.className = "desk-row tone-waits";
    const code = codeOf(scan.text);
    const [word, what, time] = ["span", "span", "time"].map((name) => document.createElement(name));
    word.className = "desk-row-word";
    word.textContent = template.querySelector(".desk-word").textContent.trim();
    what.className = "desk-row-what";
    what.append(part("code", commands[code] ?? (code ? display(code) : scan.text)));
    if (scan.operator_name && scan.operator_name !== station.name) what.append(" ", part("quiet", scan.operator_name));
    time.dateTime = scan.client_at;
    time.textContent = new Date(scan.client_at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    item.append(word, what, time);
    return item;
  }

  function part(name, words) {
    const made = document.createElement("span");
    made.className = name;
    made.textContent = words;
    return made;
  }

  async function showHeld(queue) {
    const section = desk.querySelector(".desk-held");
    const list = section.querySelector("ul");
    const held = await queue.all("held");
    section.hidden = !held.length;
    list.replaceChildren(
      ...held.map((scan) => {
        const item = line(scan);
        const elsewhere = scan.organisation && scan.organisation !== station.organisation;
        const why = elsewhere && scan.why === "operator-unknown" ? "elsewhere" : scan.why.replace(/-(\w)/g, (_, c) => c.toUpperCase());
        item.querySelector(".desk-row-what").append(part("desk-row-sentence", list.dataset[why] ?? scan.why));
        // Each scan keeps its author, unless the server will not hear of them and somebody answers for it.
        const taken = { operator: station.note, operator_name: station.name, account: station.account, taken_over: true };
        const deeds = document.createElement("div");
        deeds.className = "desk-pile-actions";
        if (scan.why !== "operator-unknown") press(deeds, list.dataset.resend, () => queue.again(scan, {}));
        else if (!elsewhere) press(deeds, list.dataset.again, () => queue.again(scan, taken));
        press(deeds, list.dataset.drop, () => confirm(list.dataset.sure) && queue.drop(scan.n));
        item.append(deeds);
        return item;
      }),
    );
  }

  function press(deeds, words, deed) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-secondary";
    button.textContent = words;
    button.addEventListener("click", async () => {
      await deed();
      drain();
    });
    deeds.append(button);
  }

  // -- In, and out -----------------------------------------------------------------------------------------------------
  function take(text) {
    say("badge", false);
    if (desk.hasAttribute("data-away") && codeOf(text)?.startsWith("U")) {
      // Only the server knows a PIN: what follows would bear the wrong name, and nobody would know.
      say("badge", true);
      play("refused");
      return writing;
    }
    const scan = {
      text,
      client_uuid: uuid(),
      client_at: new Date().toISOString(),
      operator: station.note,
      operator_name: station.name,
      account: station.account,
      organisation: station.organisation,
    };
    mine.add(scan.client_uuid);
    desk.toggleAttribute("data-waiting", true);
    unwritten += 1;
    writing = writing.then(async (queue) => {
      await queue.add(scan);
      unwritten -= 1;
      if (!navigator.onLine || desk.hasAttribute("data-away")) showWaiting(scan);
      else setTimeout(() => [...mine].at(-1) === scan.client_uuid && showWaiting(scan), SLOW);
      if (desk.hasAttribute("data-away") && performance.now() - triedAt < KNOCK) showQueue();
      else drain();
      return queue;
    });
    return writing;
  }

  let triedAt = 0;
  async function drain() {
    triedAt = performance.now();
    await (await sending).drain();
    triedAt = performance.now();
    await showQueue();
  }

  function answered(scan, told) {
    only(null);
    mine.delete(scan.client_uuid);
    siblings?.postMessage({ client_uuid: scan.client_uuid, told });
    show(told);
    if (told.setting !== null) keep();
  }

  // Another page of this browser sent it: its answer is for the page where it was scanned, the ledger for both.
  siblings?.addEventListener("message", ({ data }) => {
    show(data.told, mine.delete(data.client_uuid));
    showQueue();
  });

  function held(scan) {
    mine.delete(scan.client_uuid);
    play("refused");
  }

  function away(state, scan) {
    if (scan && !desk.hasAttribute("data-away")) showWaiting(scan);
    desk.setAttribute("data-away", state);
    only(state);
  }

  function back() {
    desk.removeAttribute("data-away");
    only(null);
    say("badge", false);
  }

  function freshened() {
    desk.dataset.operator = station.name;
    for (const field of document.querySelectorAll('input[name="csrf_token"]')) field.value = station.token;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = box.value;
    box.value = "";
    if (text.trim()) take(text);
    else drain();
  });
  desk.addEventListener("refurb:scanned", (event) => take(event.detail));
  // What ends the pile, takes it back or changes what it does comes after the scans that wait, or it would miss them.
  desk.addEventListener("submit", (event) => {
    if (event.target === form || !desk.hasAttribute("data-waiting")) return;
    event.preventDefault();
    say("after", true);
    drain();
  }, true);

  // A choice in the list is the card of the same name: it waits its turn among the scans.
  function wire() {
    const command = parts.setting.querySelector(".desk-command");
    if (!command || command.dataset.wired) return;
    command.dataset.wired = "yes";
    command.querySelector("button").hidden = true;
    command.elements.command.addEventListener("change", (event) => {
      take(commandCodes[event.target.value]);
      box.focus();
    });
  }

  // -- The ledger, the keys, the sound ---------------------------------------------------------------------------------
  const filtered = desk.querySelector(".desk-filter");
  const wanted = filtered.querySelector("select");
  filtered.hidden = false;
  function filter() {
    for (const row of parts.rows.children) {
      const is = wanted.value === "conflict" ? row.hasAttribute("data-conflict") : row.dataset.answer === wanted.value;
      row.hidden = Boolean(wanted.value) && !is;
    }
  }
  wanted.addEventListener("change", filter);

  // The box always has the focus, unless somebody is using something else on the page: keys that a gun types come back.
  document.addEventListener("keydown", (event) => {
    const at = document.activeElement;
    if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
    if (at?.id === "desk-pin") return mendPin(event, at);
    // A list too: left there, the first letter of a code would choose another action.
    if (at && (at.matches("input, textarea, summary") || at.isContentEditable)) return;
    if (event.key === " " && at?.matches("button, a, select")) return;
    box.focus();
  });
  document.addEventListener("click", (event) => {
    // On a telephone this would open its keyboard over the page at each tap.
    if (matchMedia("(pointer: coarse)").matches) return;
    if (!event.target.closest("a, button, input, select, textarea, label, summary, details, video") && !String(getSelection())) box.focus();
  });
  window.addEventListener("pageshow", aim);

  // The upper row of an AZERTY keyboard gives digits only with the shift key, that a gloved hand forgets. A letter is no
  // PIN: the gun went on.
  function mendPin(event, pin) {
    const digit = digitOf(event.key);
    if (digit !== null) {
      event.preventDefault();
      if (pin.value.length < pin.maxLength) pin.setRangeText(digit, pin.selectionStart, pin.selectionEnd, "end");
    } else if (/[A-Za-z]/.test(event.key)) {
      pin.value = "";
      box.focus();
    }
  }

  let paced = 0;
  let typedAt = 0;
  box.addEventListener("keydown", (event) => {
    if (event.key === "Tab" && !event.shiftKey && paced >= GUN_LENGTH && event.timeStamp - typedAt < GUN_PACE) {
      event.preventDefault();
      form.requestSubmit();
    }
    if (event.key.length === 1) {
      paced = event.timeStamp - typedAt < GUN_PACE ? paced + 1 : 1;
      typedAt = event.timeStamp;
    } else if (event.key !== "Shift") paced = 0;
  });

  const sound = desk.querySelector(".desk-sound");
  const button = sound.querySelector("button");
  sound.hidden = false;
  const pressed = () => button.setAttribute("aria-pressed", isQuiet() ? "false" : "true");
  button.addEventListener("click", () => {
    setQuiet(!isQuiet());
    pressed();
    play("done");
    box.focus();
  });
  pressed();
  wire();
  aim();

  // -- With and without network ----------------------------------------------------------------------------------------
  window.addEventListener("online", drain);
  window.addEventListener("offline", async () => (await sending).startAway());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && drain());
  // An idle page whose session is over asks nothing until somebody comes back to it.
  const knocks = () => desk.hasAttribute("data-waiting") || ["offline", "trouble"].includes(desk.getAttribute("data-away"));
  setInterval(() => knocks() && performance.now() - triedAt >= AGAIN_AFTER && drain(), AGAIN_AFTER / 4);
  // What no disk holds is lost by leaving.
  const queue = await opened;
  window.addEventListener("beforeunload", (event) => {
    if (queue.state !== "kept" && desk.hasAttribute("data-waiting")) event.preventDefault();
  });
  if (desk.hasAttribute("data-kept")) (await sending).startAway();
  await (await sending).release();
  await showQueue();
  drain();

  // The kept page is of whoever scans now, and of what is set: fetched anew at each visit, and at each change.
  function keep() {
    const { account, organisation } = station;
    navigator.serviceWorker?.controller?.postMessage({ keep: new URL(location.href).pathname, who: `${account} ${organisation}` });
  }

  if (!isSecureContext || !navigator.serviceWorker) {
    say("insecure", true);
    return;
  }
  import("./scan-camera.mjs").then((camera) => camera.default(desk), (error) => console.error("camera", error));
  navigator.storage?.persist?.().catch(() => {});
  try {
    navigator.serviceWorker.addEventListener("controllerchange", keep);
    await navigator.serviceWorker.register(desk.dataset.worker, { scope: "/" });
    await navigator.serviceWorker.ready;
    if (!desk.hasAttribute("data-kept")) keep();
    desk.setAttribute("data-installed", "");
  } catch (error) {
    console.error("worker", error);
  }
}
