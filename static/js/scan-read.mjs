// What the browser may tell of a text by itself, to show it while it waits: the server alone decides what it means.
const AZERTY = { à: "0", "&": "1", é: "2", '"': "3", "'": "4", "(": "5", "-": "6", è: "7", _: "8", ç: "9", "§": "6", "!": "8", À: "0", É: "2", È: "7", Ç: "9" };

// The digit that a key of the upper row stands for, typed without shift on AZERTY; null for any other key.
export const digitOf = (key) => AZERTY[key] ?? null;

export function codeOf(text) {
  let typed = text.replace(/^\][A-Za-z][0-9A-Za-z]/, "").trim();
  if (!/[0-9]/.test(typed)) typed = Array.from(typed, (c) => AZERTY[c] ?? c).join("");
  const code = typed.replace(/[\s\-./_:·]/g, "").toUpperCase();
  return isCode(code) ? code : null;
}

// ISO 7064 MOD 97-10, as in core/identity.py.
export function isCode(code) {
  if (!/^[RDNLKPHTUCF][0-9]{10}$/.test(code)) return false;
  const value = BigInt(`${parseInt(code[0], 36)}${code.slice(1, 9)}00`);
  return 98n - (value % 97n) === BigInt(code.slice(9));
}

export const display = (code) => `${code[0]} ${code.slice(1, 5)} ${code.slice(5, 9)} ${code.slice(9)}`;
