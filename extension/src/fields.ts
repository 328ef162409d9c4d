// Which fields are never read, and which texts are never kept, whatever the settings say. No DOM here: it is tested alone.

/** What a page says about a field. */
export interface Field {
  readonly type: string;
  readonly autocomplete: string;
  /** Name, id, placeholder, label: whatever may say what the field is for. */
  readonly words: readonly string[];
}

const NEVER_TYPES = new Set(["password", "hidden"]);
const NEVER_TOKENS = /^(?:current-password|new-password|one-time-code|cc-.*)$/;
const SECRET = [
  "pass ?(?:word|wort|phrase|code|wd)s?|pwd|pword|kennwort|passwd",
  "mot de passe|contrase[nñ]a|senha|wachtwoord|has[lł]o|l[oö]senord|parola|пароль",
  "secrets?|(?:api|access|private|recovery) ?(?:key|code)|(?:auth|access|api|refresh|bearer|session) ?token",
  "pin(?: ?(?:code|number|nummer))?|puk|tan|otp|totp|2 ?fa|mfa|(?:one ?time|verification|security) ?(?:code|password|answer)",
  "(?:card|cc|credit ?card|debit ?card) ?(?:number|num|no|nr|holder|owner|code|exp\\w*|csc|cvc|cvv|security\\w*|verification\\w*)",
  "card|cc|pan|cvv ?2?|cvc ?2?|csc|pr[uü]fziffer|(?:kredit)?kartennummer|num[eé]ro de (?:la )?carte",
];
/** Alone they name a card; beside other words (`business card`, `card type`) they do not. */
const ALONE = new Set(["card", "cc", "pan", "tan", "pin"]);
const WORDS = new RegExp(`(?:^|[^\\p{L}\\p{N}])(${SECRET.join("|")})(?=$|[^\\p{L}\\p{N}])`, "u");

/** `cardNumber_1` → `card number 1`: a name as pages write it, as words. */
export function words(name: string): string {
  return name
    .replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
    .replace(/(\p{L})(?=\d)/gu, "$1 ")
    .replace(/(\d)(?=\p{L})/gu, "$1 ")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim()
    .toLowerCase();
}

function namesSecret(name: string): boolean {
  const said = words(name);
  const found = WORDS.exec(said);
  if (!found) return /password|passwort|kennwort|cardnumber|kartennummer/.test(said.replaceAll(" ", ""));
  return !ALONE.has(found[1] ?? "") || said.replace(/ \d+$/, "") === found[1];
}

/** Whether nothing of this field is ever read: passwords, codes, cards, fields that nobody sees. */
export function secret(field: Field): boolean {
  if (NEVER_TYPES.has(field.type.toLowerCase())) return true;
  if (field.autocomplete.toLowerCase().split(/\s+/).some((token) => NEVER_TOKENS.test(token))) return true;
  return field.words.some(namesSecret);
}

const LEAST_DIGITS = 13;
const MOST_DIGITS = 19;

/** The Luhn check of ISO/IEC 7812-1: from the right, every second digit doubled, the sum of digits divisible by ten. */
export function luhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const doubled = i % 2 ? 2 * digit : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Whether a text holds what may be a card's number: 13 to 19 digits, perhaps with spaces, that pass Luhn's check. */
export function holdsCard(text: string): boolean {
  for (const [run] of text.matchAll(/\d(?:[ .\-\u00a0\u202f]?\d){12,}/g)) {
    const digits = run.replace(/\D/g, "");
    for (let length = LEAST_DIGITS; length <= Math.min(MOST_DIGITS, digits.length); length++) {
      if (length < digits.length && digits.length <= MOST_DIGITS) continue;
      for (let from = 0; from + length <= digits.length; from++) {
        if (luhn(digits.slice(from, from + length))) return true;
      }
    }
  }
  return false;
}
