// Language tags: their spelling, and which of the languages at hand serves one.
const available = new Map([["en", "en"]]);
const warned = new Set();

// addLocale adds tag's language.
export function addLocale(tag) {
  available.set(tag.toLowerCase(), tag);
}

const shape = /^(?:[a-z]{2,3}|[a-z]{5,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*(?:-[a-wyz\d](?:-[a-z\d]{2,8})+)*(?:-x(?:-[a-z\d]{1,8})+)?$/i;
const older = { iw: "he", in: "id", ji: "yi", jw: "jv", mo: "ro", tl: "fil", sh: "sr-Latn" };

// canonical returns the canonical spelling of a tag. It throws a RangeError for an
// invalid tag.
export function canonical(tag) {
  if (typeof tag !== "string" && typeof tag !== "object") throw new TypeError("Incorrect locale information provided");
  const text = String(tag);
  if (!shape.test(text)) throw new RangeError(`Incorrect locale information provided`);
  const [head, ...rest] = text.toLowerCase().split(/-(?=[a-wyz\d]-|x-)/);
  const [language, ...subtags] = head.split("-");
  const spelled = subtags.map((part) => (part.length === 4 && /^[a-z]/.test(part) ? part[0].toUpperCase() + part.slice(1) : part.length < 4 ? part.toUpperCase() : part));
  return [older[language] ?? language, ...spelled, ...rest].join("-");
}

// list canonicalizes what callers give for locales: nothing, a tag, a Locale or several.
export function list(locales) {
  if (locales === undefined) return [];
  if (locales === null) throw new TypeError("Cannot convert undefined or null to object");
  const tags = typeof locales === "string" || locales instanceof Object && "language" in locales ? [locales] : Array.from(locales);
  return [...new Set(tags.map(canonical))];
}

// supported returns the available language that is closest to tag, or undefined.
export function supported(tag) {
  let text = tag.replace(/-[ux]-.*$/, "").toLowerCase();
  if (/^zh-(?:tw|hk|mo)$/.test(text)) text = text === "zh-tw" ? "zh-hant" : text.replace("zh-", "zh-hant-");
  for (; text !== ""; text = text.replace(/-?[^-]*$/, "")) {
    if (available.has(text)) return available.get(text);
  }
}

// resolve picks the first available one of locales: the tag to report, the language
// whose data it uses, and the tag's u extensions. English replaces the others, with
// one warning in the log for each.
export function resolve(locales) {
  const tags = list(locales);
  for (const tag of tags) {
    const data = supported(tag);
    if (data === "en" && /^en-(?!US)[A-Z]{2}/.test(tag)) warn(tag, "English of the United States");
    if (data) return { locale: tag.replace(/-[ux]-.*$/, ""), data, extensions: extensions(tag) };
  }
  if (tags.length > 0) warn(tags[0]);
  return { locale: "en-US", data: "en", extensions: {} };
}

function extensions(tag) {
  const [, text = ""] = /-u-(.*?)(?:-[a-tv-z\d]-|$)/.exec(tag) ?? [];
  return Object.fromEntries([...text.matchAll(/(?:^|-)([a-z\d][a-z])((?:-[a-z\d]{3,8})*)/g)].map(([, key, value]) => [key, value.slice(1)]));
}

// lacks warns, once, of what is asked for and is done in another way here.
export function lacks(what, instead) {
  if (warned.has(what)) return;
  warned.add(what);
  globalThis.console?.warn(`Intl: an action has no ${what}: ${instead}`);
}

function warn(tag, instead = "English") {
  if (warned.has(tag)) return;
  warned.add(tag);
  globalThis.console?.warn(`Intl: ${tag} is not part of this action, ${instead} is used in its place: add {"usher": {"locales": ["${tag}"]}} to its package.json and build again`);
}

// supportedLocalesOf is every constructor's function of that name.
export const supportedLocalesOf = (locales) => list(locales).filter(supported);

// choice reads an option that has a few values.
export function choice(options, name, values, fallback) {
  const value = options?.[name];
  if (value === undefined) return fallback;
  if (values && !values.includes(String(value))) throw new RangeError(`Value ${value} out of range for Intl options property ${name}`);
  return String(value);
}
