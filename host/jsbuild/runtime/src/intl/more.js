// What an action's build adds to Intl, in front of the action's own code:
// addLanguage is called with the data of each language that the action needs.
import ListFormat from "@formatjs/intl-listformat";
import { NumberFormat } from "@formatjs/intl-numberformat";
import { PluralRules } from "@formatjs/intl-pluralrules";
import RelativeTimeFormat from "@formatjs/intl-relativetimeformat";

const intl = Intl[Symbol.for("usher.intl")];
const services = { NumberFormat, PluralRules, ListFormat, RelativeTimeFormat };
for (const [name, Service] of Object.entries(services)) intl.addService(name, Service);

const languages = {};

// addLanguage takes a language's data; those with a parent are what differs
// from the parent's, which must have come before.
export function addLanguage({ tag, parent, categories, ...own }) {
  const data = parent ? merge(languages[parent], own) : own;
  if (!parent) data.PluralRules = { categories: own.plurals.categories, fn: categories, pluralRanges: own.plurals.ranges };
  languages[tag] = data;
  intl.addDates({ ...data.dates, locale: tag });
  for (const [name, Service] of Object.entries(services)) Service.__addLocaleData({ locale: tag, data: data[name] });
}

// merge lays what differs over what it differs from; null takes a member away.
function merge(base, over) {
  if (over === undefined) return base;
  if (Array.isArray(over) || over === null || typeof over !== "object" || typeof base !== "object") return over;
  const out = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (value === null) delete out[key];
    else out[key] = merge(base?.[key], value);
  }
  return out;
}
