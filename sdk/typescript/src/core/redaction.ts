// Obvious secrets, taken out before an event is queued. What counts as one is written in test/golden/sdk/README.md.

const kToken = '[token]';
const kCard = '[card]';

const kSecretWords =
  'password|passwd|passphrase|secret|token|apikey|accesskey|privatekey|authorization|cookie|cardnumber|creditcard';
const kSecretName = new RegExp(`${kSecretWords}|^(?:pwd|pin|cvv|cvc|ssn)$`);

// Events repeat their names, so that each is looked at once. Names that are made up do not fill the memory.
const kMaxKnown = 500;
const known = new Map<string, boolean>();

/** Whether a field of this name holds a secret, whatever its value. */
export function isSecretName(name: string): boolean {
  let isSecret = known.get(name);
  if (isSecret === undefined) {
    isSecret = kSecretName.test(name.toLowerCase().replace(/[_\-. ]/g, ''));
    if (known.size < kMaxKnown) known.set(name, isSecret);
  }
  return isSecret;
}

/** What stands for a text or number below a secret name. Counts of tokens are no secrets. */
export function redactNamed(name: string, value: string | number): string | number {
  return typeof value === 'number' && /token/i.test(name) ? value : kToken;
}

// One look tells that most texts hold nothing: an assignment, a long number, or a telling prefix.
const kSuspicious = /[=:]|\d[\d -]{11}|eyJ|Bearer |pgk_|sk_|ghp_|AKIA/;
const kKeys =
  /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*|\b(?:pgk_[0-9a-f]{64}|sk_(?:live|test)_\w{16,}|ghp_\w{36,}|AKIA[0-9A-Z]{16})\b/g;
const kBearer = /\bBearer [\w.~+/-]+=*/g;
const kAssignment = /(^|[^\w.%[\]-])([\w.%[\]-]{3,64})(?:(=)([^\s"'&;#)]+)|("\s*:\s*")((?:[^"\\]|\\.)+))/g;
const kDigits = /(^|[^\w.])([2-6](?:[ -]?\d){12,18})(?![\w.]*\w)/g;

/** The text with labels in the place of card numbers, tokens and assigned secrets. */
export function redactText(text: string): string {
  if (!kSuspicious.test(text)) return text;
  return text
    .replace(kKeys, kToken)
    .replace(kBearer, kToken)
    .replace(kAssignment, (all, before: string, name: string, equals = '', _value: string, colon = '') =>
      isSecretName(name) ? before + name + equals + colon + kToken : all,
    )
    .replace(kDigits, (all, before: string, digits: string) => (hasCheckDigit(digits) ? before + kCard : all));
}

/** Luhn's check over the digits of a text. */
function hasCheckDigit(text: string): boolean {
  let sum = 0;
  let double = false;
  for (let i = text.length - 1; i >= 0; i--) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) continue;
    sum += double ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
    double = !double;
  }
  return sum % 10 === 0;
}
