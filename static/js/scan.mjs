// The desk with a gun: a scan is kept on the disk, the box is free at once, and the queue leaves in order, whatever the
// network does. Without this module the same form sends one scan a page.
import { openQueue } from "./scan-queue.mjs";
import { codesOf, codesOfScan, digitOf, isBadge, types } from "./scan-read.mjs";
import { makeSender } from "./scan-send.mjs";
import { makeSetting } from "./scan-setting.mjs";
import { makeView } from "./scan-show.mjs";
import { isQuiet, play, setQuiet } from "./scan-sound.mjs";

const AGAIN_AFTER = 4000;
// A scan that nobody answered within this shows that it waits.
const SLOW = 2500;
// Away from the network, fast scans do not each knock at its door.
const KNOCK = 1000;
// How long after a release that did not come whole it is asked for again.
const RELEASE_AGAIN = 120000;
// A gun types a character every few milliseconds, nobody's fingers do: it may end with Tab where others press Enter.
const GUN_PACE = 50;
const GUN_LENGTH = 6;
const WRITTEN = 'textarea, input:not([type="checkbox"], [type="radio"], [type="button"], [type="submit"], [type="reset"], [type="file"], [type="image"])';
const PRESSED = "a, button, input, select, summary";

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
  const { send, fresh, token, note, operator: name, operatorId: operator, account, organisation } = desk.dataset;
  const station = { send, fresh, token, note, name, operator, account, organisation };
  const view = makeView(desk, station, { wired: () => setting?.wire(), deed: drain, renewed });
  const { aim, say } = view;
  const setting = makeSetting(desk, { take, aim });
  // Scans made before the database is open are not lost: they wait for it, in order.
  let writing = openQueue();
  const opened = writing;
  const sending = opened.then((queue) => makeSender(queue, station, { answered, held, away, back, fresh: freshened }));
  // What was scanned on this page and not answered yet; another page of this browser may send it.
  const mine = new Set();
  // How many are on their way to the disk: whoever counted the queue before they came there knows nothing of them.
  let unwritten = 0;
  const siblings = globalThis.BroadcastChannel ? new BroadcastChannel("refurb-desk") : null;
  const only = (state) => ["offline", "signed-out", "forbidden", "trouble"].forEach((one) => say(one, one === state));

  // -- In, and out -----------------------------------------------------------------------------------------------------
  // What came through the box may bear what the gun adds, as this station has it now; a camera and a key add nothing.
  const ofGun = () => ({ prefix: desk.dataset.prefix, suffix: desk.dataset.suffix });

  function take(text, { prefix, suffix } = { prefix: "", suffix: "" }) {
    view.heard();
    if (desk.hasAttribute("data-away") && isBadge(codesOf(text, prefix, suffix))) {
      // Only the server knows a PIN: what follows would bear the wrong name, and nobody would know.
      say("badge", true);
      play("refused");
      return writing;
    }
    const scan = {
      text,
      prefix,
      suffix,
      client_uuid: uuid(),
      client_at: new Date().toISOString(),
      operator: station.note,
      operator_id: station.operator,
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
      if (!navigator.onLine || desk.hasAttribute("data-away")) view.showWaiting(scan);
      else setTimeout(() => [...mine].at(-1) === scan.client_uuid && view.showWaiting(scan), SLOW);
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

  // A scan of before this release does not say whose it is by number.
  const isMine = (scan) => (scan.operator_id ?? station.operator) === station.operator && scan.organisation === station.organisation;

  async function showQueue() {
    const waiting = await view.showQueue(await opened, () => unwritten);
    setting.expect(waiting.filter(isMine));
  }

  function answered(scan, told) {
    only(null);
    siblings?.postMessage({ client_uuid: scan.client_uuid, told });
    if (hear(scan.client_uuid, told) && told.setting !== null) keep();
    else if (!view.isOurs(told.of)) view.left(told.of.name);
  }

  // Shows an answer, if it is of the pile that this page shows; else it would act on one and tell of another.
  function hear(number, told) {
    const here = mine.delete(number);
    if (!view.isOurs(told.of)) return false;
    const pile = String(told.of.pile);
    const another = desk.dataset.pile && desk.dataset.pile !== pile;
    // The first scan of a day ends the pile of before, and says so itself.
    if (!another || told.ended) desk.dataset.pile = pile;
    view.show(told, here);
    if (another) view.renew();
    return true;
  }

  // Another page of this browser sent it: its answer is for the page where it was scanned, the ledger for both. Or it
  // was drawn: who scans, the pile and what is set may be others by now.
  siblings?.addEventListener("message", ({ data }) => {
    if (data.drawn) view.renew();
    else {
      hear(data.client_uuid, data.told);
      showQueue();
    }
  });

  // The page is of whoever scans now: what was refused to another is tried again.
  async function renewed(kept) {
    // A kept page could not tell the others when it opened.
    if (kept) siblings?.postMessage({ drawn: true });
    await (await sending).release();
    keep();
    await showQueue();
  }

  function held(scan) {
    mine.delete(scan.client_uuid);
    play("refused");
  }

  function away(state, scan) {
    if (scan && !desk.hasAttribute("data-away")) {
      view.showWaiting(scan);
      // Scanned before anybody knew that the network is gone: it waits, and takes nobody's place meanwhile.
      if (isBadge(codesOfScan(scan, desk.dataset))) say("badge", true);
    }
    desk.setAttribute("data-away", state);
    only(state);
  }

  function back() {
    desk.removeAttribute("data-away");
    only(null);
    for (const state of ["badge", "unreached"]) say(state, false);
    // What was kept knows nothing of the pile.
    if (desk.hasAttribute("data-kept")) view.renew();
  }

  function freshened(told) {
    for (const field of document.querySelectorAll('input[name="csrf_token"]')) field.value = told.token;
    const same = [told.account, told.organisation, told.operator].map(String).join() === [station.account, station.organisation, station.operator].join();
    if (same) station.note = told.note;
    else view.renew();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = box.value;
    box.value = "";
    if (text.trim()) take(text, ofGun());
    else drain();
  });
  desk.addEventListener("refurb:scanned", (event) => take(event.detail));
  // What ends the pile, takes it back or changes what it does comes after the scans that wait, or it would miss them;
  // and without network it would lead out of the desk.
  desk.addEventListener("submit", (event) => {
    if (event.target === form) return;
    const waits = desk.hasAttribute("data-waiting");
    const choice = event.target.matches(".desk-command");
    if (!choice && !waits && !["offline", "trouble"].includes(desk.getAttribute("data-away"))) return;
    event.preventDefault();
    event.stopPropagation();
    if (choice) {
      setting.apply();
      aim();
      return;
    }
    say(waits ? "after" : "unreached", true);
    drain();
  }, true);

  // -- The keys, the sound -----------------------------------------------------------------------------------------------
  // The box has what a gun types, wherever the focus is: only a field where one writes keeps its keys, and what is
  // pressed, opened or ticked its space bar. A list too: left there, the first letter of a code would choose another
  // action.
  document.addEventListener("keydown", (event) => {
    const at = document.activeElement;
    if (!types(event)) return;
    if (at?.id === "desk-pin") return mendPin(event, at);
    if (at?.matches(WRITTEN) || at?.isContentEditable) return;
    if (event.key === " " && at?.matches(PRESSED)) return;
    box.focus();
  });
  document.addEventListener("click", (event) => {
    // On a telephone this would open its keyboard over the page at each tap.
    if (matchMedia("(pointer: coarse)").matches) return;
    if (!event.target.closest("a, button, input, select, textarea, label, summary, details, video") && !String(getSelection())) box.focus();
  });
  window.addEventListener("pageshow", (event) => {
    aim();
    // As it was when it was left.
    if (event.persisted) view.renew();
  });

  // The upper row of an AZERTY keyboard gives digits only with the shift key, that a gloved hand forgets. A letter is no
  // PIN: the gun went on, and what it put before the code goes with it.
  let keyed = "";
  function mendPin(event, pin) {
    if (!pin.value) keyed = "";
    const digit = digitOf(event.key);
    if (digit !== null) {
      event.preventDefault();
      if (pin.value.length < pin.maxLength) pin.setRangeText(digit, pin.selectionStart, pin.selectionEnd, "end");
    } else if (/[A-Za-z]/.test(event.key)) {
      pin.value = "";
      box.value += beforeCode(keyed, event.key);
      box.focus();
    }
    keyed += event.key;
  }

  // The end of what was typed that began a scan: of what this station's gun adds, as much as has come; or the first key
  // that stands for no digit, and all after it.
  function beforeCode(text, next) {
    const { prefix } = desk.dataset;
    for (let length = prefix.length; length; length -= 1) {
      const begun = prefix.slice(0, length);
      if (text.endsWith(begun) && [undefined, next].includes(prefix[length])) return begun;
    }
    const from = Array.from(text).findIndex((key) => !/[0-9]/.test(key) && digitOf(key) === null);
    return from < 0 ? "" : Array.from(text).slice(from).join("");
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
  setting.wire();
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
  else siblings?.postMessage({ drawn: true });
  await (await sending).release();
  await showQueue();
  drain();

  // The kept page is of whoever scans now, and of what is set: fetched anew at each visit, and at each change.
  function keep() {
    navigator.serviceWorker?.controller?.postMessage({ keep: new URL(location.href).pathname, who: document.body.dataset.who });
  }

  // A release comes whole or not at all, and a desk stays open for days: one that did not come is asked for again.
  function insist(registration) {
    const again = () => registration.update().catch((error) => console.warn("release", error));
    registration.addEventListener("updatefound", () => {
      const coming = registration.installing;
      coming?.addEventListener("statechange", () => {
        if (coming.state === "redundant") setTimeout(again, RELEASE_AGAIN);
      });
    });
    if (registration.active) again();
  }

  if (!isSecureContext || !navigator.serviceWorker) {
    say("insecure", true);
    return;
  }
  import("./scan-camera.mjs").then((camera) => camera.default(desk), (error) => console.error("camera", error));
  navigator.storage?.persist?.().catch(() => {});
  try {
    navigator.serviceWorker.addEventListener("controllerchange", keep);
    const registration = await navigator.serviceWorker.register(desk.dataset.worker, { scope: "/" });
    insist(registration);
    await navigator.serviceWorker.ready;
    if (!desk.hasAttribute("data-kept")) keep();
    desk.setAttribute("data-installed", "");
  } catch (error) {
    console.error("worker", error);
  }
}
