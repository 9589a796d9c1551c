// My demands: those made without network leave from here, and each says where it went.
import { openStore, sendWaiting } from "./need-store.mjs";

export default async function (root) {
  const store = await openStore(root);
  if (!store) return;
  const words = root.dataset;
  const arrived = [];

  async function show() {
    const waiting = await store.all("waiting");
    const begun = await store.all("typing");
    root.replaceChildren();
    for (const url of arrived) line(words.wordSent, url, url.split("/").at(-1));
    if (waiting.length) line(`${words.wordWaiting} (${waiting.length})`, null, words.wordSend, go);
    if (begun.length) line(words.wordKept, words.send, words.wordOpen);
  }

  function line(text, url, word, deed) {
    const box = document.createElement("div");
    box.className = "notice notice-waits";
    const body = document.createElement("div");
    body.className = "notice-body";
    const said = document.createElement("p");
    const act = document.createElement(url ? "a" : "button");
    if (url) act.href = url;
    else Object.assign(act, { type: "button", className: "btn btn-secondary" });
    act.textContent = word;
    if (deed) act.addEventListener("click", deed);
    said.append(text, " ", act);
    body.append(said);
    box.append(document.createElement("span"), body);
    root.append(box);
  }

  async function go() {
    await sendWaiting(store, words.pulse, words.send, (demand, answer) => {
      if (answer.state === "sent") arrived.push(answer.url);
    });
    await show();
  }

  addEventListener("online", go);
  await go();
}
