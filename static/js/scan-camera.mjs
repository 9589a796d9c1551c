// The camera as a gun: it is asked for when somebody presses the button, and not before. Two equal reads running, for a
// Code 128 can be misread and still pass its own check.
import { codeOf, display } from "./scan-read.mjs";

const LENS = "refurb.desk.lens";
const FRAME = 30; // milliseconds between two looks
const SPEAK_AFTER = 2500; // without a read, say why
const DARK = 45; // mean brightness of 255 under which nobody reads
const AGAIN = 2500; // the same label held still is one scan
const LONGEST = 100; // of a maker's label; more is an address or a card of somebody

export default function (desk) {
  const section = desk.querySelector(".desk-camera");
  const open = desk.querySelector(".desk-camera-open");
  const video = section.querySelector("video");
  const said = section.querySelector(".desk-camera-said");
  const lens = section.querySelector("select");
  const torch = section.querySelector(".desk-torch");
  const use = section.querySelector(".desk-camera-use");
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  let reader = null;
  let stream = null;
  let running = 0;

  if (!navigator.mediaDevices?.getUserMedia) return;
  open.hidden = false;

  const tell = (name, code) => {
    const words = section.dataset[name].replace("{code}", () => code ?? "");
    if (said.textContent !== words) said.textContent = words;
  };

  async function load() {
    if (reader) return reader;
    const module = await import(section.dataset.reader);
    const wasm = section.dataset.wasm;
    await module.prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true });
    reader = module.readBarcodes;
    return reader;
  }

  const WRONG = { NotAllowedError: "refused", SecurityError: "refused", NotFoundError: "none", OverconstrainedError: "none", NotReadableError: "busy", AbortError: "busy" };

  async function start() {
    const mine = ++running;
    section.hidden = false;
    tell("asking");
    try {
      const chosen = localStorage.getItem(LENS);
      const given = await camera(chosen);
      // Closed meanwhile, and perhaps opened again: that one runs.
      if (mine !== running) return given.getTracks().forEach((track) => track.stop());
      stream = given;
      video.srcObject = stream;
      await video.play();
      await load();
    } catch (error) {
      console.warn("camera", error);
      if (mine !== running) return;
      stop();
      tell(WRONG[error.name] ?? "failed");
      return;
    }
    if (mine !== running) return;
    await offer();
    tell("looking");
    section.dataset.running = "";
    look(mine);
  }

  async function camera(chosen) {
    const size = { width: { ideal: 1280 }, height: { ideal: 720 } };
    if (chosen) {
      try {
        return await navigator.mediaDevices.getUserMedia({ video: { ...size, deviceId: { exact: chosen } } });
      } catch (error) {
        if (error.name !== "OverconstrainedError" && error.name !== "NotFoundError") throw error;
        localStorage.removeItem(LENS); // that lens is gone: any other
      }
    }
    return navigator.mediaDevices.getUserMedia({ video: { ...size, facingMode: "environment" } });
  }

  // Lenses have names only once the camera was allowed.
  async function offer() {
    const track = stream.getVideoTracks()[0];
    const lenses = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
    const now = track.getSettings().deviceId;
    lens.replaceChildren(...lenses.map((device, at) => new Option(device.label || String(at + 1), device.deviceId, false, device.deviceId === now)));
    lens.hidden = lenses.length < 2;
    torch.hidden = !track.getCapabilities?.().torch;
    torch.setAttribute("aria-pressed", "false");
  }

  async function look(mine) {
    let before = null;
    let foreign = null;
    let last = { code: null, at: 0 };
    let silent = performance.now();
    while (mine === running) {
      if (document.visibilityState === "visible" && video.videoWidth) {
        canvas.width = video.videoWidth;
        canvas.height = video.videoHeight;
        context.drawImage(video, 0, 0);
        const image = context.getImageData(0, 0, canvas.width, canvas.height);
        let found = [];
        try {
          found = await reader(image, { formats: ["Code128", "QRCode"], tryHarder: true, returnErrors: true, maxNumberOfSymbols: 4 });
        } catch (error) {
          console.warn("camera", error);
        }
        if (mine !== running) return;
        const texts = found.filter((one) => one.isValid && one.text).map((one) => one.text);
        const code = texts.map(codeOf).find(Boolean);
        const now = performance.now();
        const other = code ? null : (texts.find(isText)?.trim() ?? null);
        if (code && code === before) {
          silent = now;
          offerText(null);
          // Held still, it is one scan; taken away and shown again, another.
          if (code !== last.code || now - last.at > AGAIN) {
            tell("read", display(code));
            desk.dispatchEvent(new CustomEvent("refurb:scanned", { detail: code }));
          }
          last = { code, at: now };
        } else if (other && other === foreign) {
          silent = now;
          offerText(other);
        } else if (now - silent > SPEAK_AFTER) {
          silent = now;
          tell(why(image, found, texts));
        }
        before = code ?? null;
        foreign = other;
      }
      await new Promise((resolve) => setTimeout(resolve, FRAME));
    }
  }

  const isText = (text) => text.trim().length > 0 && text.length <= LONGEST && !/[\p{Cc}\p{Cf}]/u.test(text);

  // A maker's label is read as well, twice the same: whether it is what somebody looks for, they say.
  function offerText(text) {
    use.hidden = !text;
    if (!text) return;
    tell("foreign", text);
    use.value = text;
    use.querySelector("span").textContent = use.dataset.words.replace("{code}", () => text);
  }

  function why(image, found, texts) {
    if (texts.length) return "other";
    if (brightness(image.data) < DARK) return "dark";
    return found.length || stripes(image) ? "bars" : "blurred";
  }

  function brightness(pixels) {
    let sum = 0;
    for (let at = 0; at < pixels.length; at += 400) sum += pixels[at] + pixels[at + 1] + pixels[at + 2];
    return sum / (3 * (pixels.length / 400));
  }

  // Many sharp changes on one line, as bars that are turned too far give.
  function stripes({ data, width, height }) {
    for (const part of [0.3, 0.4, 0.5, 0.6, 0.7]) {
      const row = Math.floor(height * part) * width;
      let changes = 0;
      for (let x = 2; x < width; x += 1) {
        if (Math.abs(data[4 * (row + x) + 1] - data[4 * (row + x - 2) + 1]) > 60) changes += 1;
      }
      if (changes > 60) return true;
    }
    return false;
  }

  function stop() {
    running += 1;
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    offerText(null);
    delete section.dataset.running;
  }

  open.addEventListener("click", start);
  use.addEventListener("click", () => {
    const text = use.value;
    offerText(null);
    tell("read", text);
    desk.dispatchEvent(new CustomEvent("refurb:scanned", { detail: text }));
  });
  section.querySelector(".desk-camera-close").addEventListener("click", () => {
    stop();
    section.hidden = true;
    open.focus();
  });
  lens.addEventListener("change", () => {
    localStorage.setItem(LENS, lens.value);
    stop();
    start();
  });
  torch.addEventListener("click", async () => {
    const on = torch.getAttribute("aria-pressed") !== "true";
    try {
      await stream.getVideoTracks()[0].applyConstraints({ advanced: [{ torch: on }] });
      torch.setAttribute("aria-pressed", String(on));
    } catch (error) {
      console.warn("torch", error);
      tell("unlit");
    }
  });
  window.addEventListener("pagehide", stop);
}
