// Each answer has its own tune and its own shake, so that nobody needs to look: higher is better, one long low is no.
const TONES = {
  done: [[880, 0, 0.12]],
  already: [[660, 0, 0.09], [660, 0.13, 0.09]],
  refused: [[196, 0, 0.4]],
  unknown: [[440, 0, 0.1], [349, 0.12, 0.1], [294, 0.24, 0.16]],
  waiting: [[523, 0, 0.05]],
};
const SHAKES = { done: [40], already: [30, 60, 30], refused: [250], unknown: [80, 60, 80, 60, 80], waiting: [15] };
const QUIET = "refurb.desk.quiet";
let context = null;

export const isQuiet = () => Boolean(localStorage.getItem(QUIET));

export function setQuiet(quiet) {
  if (quiet) localStorage.setItem(QUIET, "yes");
  else localStorage.removeItem(QUIET);
}

export function play(answer) {
  // Whoever asked for less motion is not shaken either; silence is for the ears, a telephone in a glove still shakes.
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) navigator.vibrate?.(SHAKES[answer] ?? []);
  if (isQuiet()) return;
  try {
    context ??= new AudioContext();
    context.resume();
    for (const [pitch, start, length] of TONES[answer] ?? []) {
      const sound = context.createOscillator();
      const volume = context.createGain();
      sound.type = answer === "refused" ? "square" : "sine";
      sound.frequency.value = pitch;
      volume.gain.value = answer === "refused" ? 0.12 : 0.25;
      sound.connect(volume).connect(context.destination);
      sound.start(context.currentTime + start);
      sound.stop(context.currentTime + start + length);
    }
  } catch (error) {
    console.error("sound", error); // a bench without loudspeakers still scans
  }
}
