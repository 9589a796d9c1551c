// The way of a scan from the queue to the server: in order, once, and in its author's name.
const LOCK = "refurb-desk-send";
// A network that only pretends is given up after this; the scan stays, and counts once however often it is sent.
const PATIENCE = 30000;
const TRIES = 3;

// `station` says where to send and who scans: {send, fresh, token, note, name, operator, account, organisation}. `on`
// hears: answered(scan, told), held(scan), away(state, scan), back(), fresh(told), which says who scans by now.
export function makeSender(queue, station, on) {
  let running = null;
  let asked = false;
  let away = null;
  let refusals = 0;
  // The scan that was held last for breaking the server, until another one passes.
  let suspect = null;

  function post(scan) {
    // The hour by this browser's clock as it sends tells the server what that clock is wrong by.
    const { text, prefix, suffix, client_uuid, client_at, operator, taken_over } = scan;
    return fetch(station.send, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": station.token },
      body: JSON.stringify({ text, prefix, suffix, client_uuid, client_at, sent_at: new Date().toISOString(), operator, taken_over }),
      redirect: "error",
      signal: AbortSignal.timeout?.(PATIENCE),
    });
  }

  async function send(scan) {
    const answer = await post(scan);
    // A form token of before a sign-in, or of a page that was kept for days: fetched anew, once.
    if (answer.status !== 400) return answer;
    const fresh = await refresh();
    return fresh.ok ? post(scan) : fresh;
  }

  async function refresh() {
    const headers = { Accept: "application/json" };
    const answer = await fetch(station.fresh, { headers, redirect: "error", cache: "no-store", signal: AbortSignal.timeout?.(PATIENCE) });
    if (!answer.ok) return answer;
    const told = await answer.json();
    station.token = told.token;
    on.fresh(told);
    return answer;
  }

  // What was refused to another person because its author is not of theirs is tried again for who is signed in now.
  async function release() {
    for (const scan of await queue.all("held")) {
      if (scan.why === "operator-unknown" && scan.refused_to !== whom()) await queue.restore(scan);
    }
  }

  const whom = () => `${station.account} ${station.organisation}`;

  async function hold(scan, why) {
    await queue.hold(scan, why);
    on.held(scan);
  }

  function leave(state, scan) {
    away = state;
    on.away(state, scan);
  }

  function back() {
    if (away) on.back();
    away = null;
  }

  async function empty() {
    let scan;
    while ((scan = await queue.first())) {
      let answer;
      try {
        answer = await send(scan);
      } catch (error) {
        // The scan stays first in line under its own identifier: sent again, it counts once.
        console.warn("scan", error);
        return leave("offline", scan);
      }
      if (answer.status === 401) return leave("signed-out", scan);
      if (answer.status === 403) return leave("forbidden", scan);
      if (answer.status === 409 || answer.status === 422) {
        const told = await answer.json().catch(() => ({}));
        // Without a code, two writers met on the server: again, and it passes.
        if (told.code) await hold({ ...scan, refused_to: whom() }, told.code);
        else if (++refusals >= TRIES) return leave("trouble", scan);
      } else if (!answer.ok) {
        if (answer.status < 500 || ++refusals < TRIES || !(await answers())) return leave("trouble", scan);
        refusals = 0;
        if (suspect) {
          // Two in a row: it is the server, not the scan. The line is as it was.
          const { n } = suspect;
          suspect = (await queue.all("held")).find((held) => held.n === n);
          if (suspect) await queue.restore(suspect);
          suspect = null;
          return leave("trouble", scan);
        }
        // What breaks the server each time must not keep the others waiting; it is kept, and shown.
        suspect = { ...scan, why: "broken" };
        await hold(scan, "broken");
      } else {
        const told = await answer.json();
        await queue.remove(scan.n);
        refusals = 0;
        suspect = null;
        back();
        on.answered(scan, told);
      }
    }
    if (away) await look();
  }

  // Nothing waits any more, but the page says that it is away: is it?
  async function look() {
    try {
      const answer = await refresh();
      if (answer.ok) back();
      else if (answer.status === 401) leave("signed-out", null);
    } catch (error) {
      console.warn("scan", error);
    }
  }

  async function answers() {
    try {
      return (await refresh()).ok;
    } catch {
      return false;
    }
  }

  async function run() {
    do {
      asked = false;
      try {
        // One page at a time sends, where the browser can tell; two would still count each scan once.
        if (navigator.locks) await navigator.locks.request(LOCK, empty);
        else await empty();
      } catch (error) {
        console.error("scan", error);
      }
      // Away, it is asked again in a while, not at once.
    } while (asked && !away);
    running = null;
  }

  return {
    release,
    // Sends what waits; asked while it does, it looks once more at the end.
    drain() {
      asked = true;
      running ??= run();
      return running;
    },
    // A page that was kept starts away from the network.
    startAway() {
      away = "offline";
      on.away("offline", null);
    },
    isAway: () => away !== null,
  };
}
