// What the browser may tell of a text by itself, to show it while it waits: the server alone decides what it means. Reads
// as core/identity.py and core/keyboards.py do, case by case (tests/core/readings.py).
const QWERTY = ["1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./"];
const QWERTY_SHIFTED = ["!@#$%^&*()_+", "QWERTYUIOP{}", 'ASDFGHJKL:"', "ZXCVBNM<>?"];
const AZERTY = ["&é\"'(-è_çà)=", "azertyuiop^$", "qsdfghjklmù", "wxcvbn,;:!"];
const AZERTY_SHIFTED = ["1234567890°+", "AZERTYUIOP¨£", "QSDFGHJKLM%", "WXCVBN?./§"];
const BELGIAN_MAC = ["&é\"'(§è!çà)-", "azertyuiop^$", "qsdfghjklmù", "wxcvbn,;:="];
const BELGIAN_MAC_SHIFTED = ["1234567890°_", "AZERTYUIOP¨*", "QSDFGHJKLM%", "WXCVBN?./+"];
const BRITISH_SHIFTED = ['!"£$%^&*()_+', "QWERTYUIOP{}", "ASDFGHJKL:@", "ZXCVBNM<>?"];
const ACCENTS = "éèçàù";

// What arrived -> what was meant, row by row; capitals are what the accents give under caps lock.
function layout(...pairs) {
  const meant = new Map();
  for (const [received, wanted] of pairs) {
    received.forEach((row, at) => Array.from(row).forEach((key, n) => meant.set(key, wanted[at][n])));
  }
  for (const key of ACCENTS) if (meant.has(key)) meant.set(key.toUpperCase(), meant.get(key));
  return meant;
}

export const LAYOUTS = [
  layout([AZERTY_SHIFTED, QWERTY_SHIFTED], [AZERTY, QWERTY]),
  layout([BELGIAN_MAC_SHIFTED, QWERTY_SHIFTED], [BELGIAN_MAC, QWERTY]),
  layout([QWERTY, AZERTY], [QWERTY_SHIFTED, AZERTY_SHIFTED]),
  layout([QWERTY, AZERTY], [BRITISH_SHIFTED, AZERTY_SHIFTED]),
];
const isDigit = (key) => /^[0-9]$/.test(key ?? "");

// The digit that a key of the upper row stands for, typed without shift on AZERTY; null for any other key.
export const digitOf = (key) => LAYOUTS.slice(0, 2).map((meant) => meant.get(key)).find(isDigit) ?? null;

// A key that writes a character, and commands nothing: AltGr, that Windows tells as Ctrl and Alt, writes as well.
export function types(event) {
  const commands = event.ctrlKey || event.metaKey || event.altKey;
  return event.key.length === 1 && (!commands || Boolean(event.getModifierState?.("AltGraph")));
}

const LONGEST = 400;
const LONGEST_SHOWN = 60;
const CODES = /^(?:[RDNLKPHTUCF][0-9]{10})+$/;
const SEPARATORS = /[\s\-‐‑‒–—−./_:·°*]+/gu;
const AIM = /\][A-Za-z][0-9A-Za-z]/g;
const ADDRESS = /^(?:https?:\/\/)?[^\s/]+(?:\/[^\s/]+)*\/c\/([RDNLKPHTUCF][0-9]{10})\/?$/iu;

const clean = (text) => text.normalize("NFC").replace(/[\t\r\n]/g, " ").replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, "").trim();

// The affixes of the station, as they arrive there or as they were meant.
function strip(text, prefix, suffix, mend) {
  let bare = text;
  const head = bare.slice(0, prefix.length);
  if (prefix && [head, mend(head)].includes(prefix)) bare = bare.slice(prefix.length);
  const tail = bare.slice(-suffix.length);
  if (suffix && [tail, mend(tail)].includes(suffix)) bare = bare.slice(0, -suffix.length);
  return mend(bare).replace(AIM, " ").trim();
}

function codesIn(text) {
  const code = (ADDRESS.exec(text)?.[1] ?? text).replace(SEPARATORS, "").toUpperCase();
  const codes = CODES.test(code) ? code.match(/.{11}/g) : [];
  return codes.every(isCode) ? codes : [];
}

// Our codes in what a gun, a camera or a person gave, in their order; none where it is anything else, or a doubt.
export function codesOf(text, prefix = "", suffix = "") {
  const cleaned = clean(text);
  if (Array.from(cleaned).length > LONGEST) return [];
  const typed = strip(cleaned, prefix, suffix, (as) => as);
  const attempts = [typed];
  if (typed && !/[0-9]/.test(typed)) {
    for (const meant of LAYOUTS) {
      attempts.push(strip(cleaned, prefix, suffix, (as) => Array.from(as, (key) => meant.get(key) ?? key).join("")));
    }
  }
  const readings = new Map(attempts.map(codesIn).filter((codes) => codes.length).map((codes) => [codes.join(), codes]));
  return readings.size === 1 ? [...readings.values()][0] : [];
}

// The only code of a text that no gun typed.
export function codeOf(text) {
  const codes = codesOf(text);
  return codes.length === 1 ? codes[0] : null;
}

// The codes of a scan that waits. One of before this release does not say what its gun added: then the station's hold.
export const codesOfScan = ({ text, prefix, suffix }, station) => codesOf(text, prefix ?? station.prefix, suffix ?? station.suffix);

export const isBadge = (codes) => codes.some((code) => code.startsWith("U"));

// ISO 7064 MOD 97-10, as in core/identity.py.
function isCode(code) {
  const value = BigInt(`${parseInt(code[0], 36)}${code.slice(1, 9)}00`);
  return 98n - (value % 97n) === BigInt(code.slice(9));
}

export const display = (code) => `${code[0]} ${code.slice(1, 5)} ${code.slice(5, 9)} ${code.slice(9)}`;

// As the ledger shows a text that is no code: the rest of a long one is on the page of the pile.
export function cut(text) {
  const shown = Array.from(text);
  return shown.length > LONGEST_SHOWN ? `${shown.slice(0, LONGEST_SHOWN).join("").trimEnd()}…` : text;
}
