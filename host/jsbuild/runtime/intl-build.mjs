// Makes the archive of what builds add to an action's Intl from the npm packages
// that hold Unicode's and the tz database's data:
//
//   node intl-build.mjs FILE.zip
//
// The archive holds more.js (a script that defines the variable usherIntl),
// zones.json, and for each language languages/TAG.json and, for those without
// a parent, languages/TAG.js: the function that returns a number's plural category.
import { readFile, readdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { zipSync } from "fflate";
import { glues } from "./src/intl/glue.js";

const require = createRequire(import.meta.url);
const folder = (name) => new URL(`node_modules/@formatjs/intl-${name}/locale-data/`, import.meta.url);

// Those that Unicode's CLDR covers best, with their regional variants.
const languages = "af am ar as az be bg bn bs ca cs cy da de el en es et eu fa fi fil fr ga gl gu he hi hr hu hy id is it ja ka kk km kn ko ky lo lt lv mk ml mn mr ms my nb ne nl nn no or pa pl ps pt ro ru sd si sk sl sq sr sv sw ta te th tk tr uk ur uz vi zh zu".split(" ");

// The currencies of ISO 4217 that are in use.
const currencies = new Set("AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL".split(" "));

// load evaluates a data file of formatjs and returns what it adds.
async function load(name, tag) {
  const text = await readFile(new URL(`${tag}.js`, folder(name)), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  let caught;
  const catcher = new Proxy({}, { has: () => true, get: () => ({ __addLocaleData: (data) => (caught = data.data) }) });
  new Function("Intl", text)(catcher);
  return caught;
}

// nearest loads the data of tag or of the closest language that it belongs to.
async function nearest(name, tag) {
  for (let at = tag; at; at = at.includes("-") ? at.replace(/-[^-]+$/, "") : "") {
    const data = await load(name, at);
    if (data) return data;
  }
  throw new Error(`${name} has no data for ${tag}`);
}

function glueOf(tag) {
  for (let at = tag; at; at = at.includes("-") ? at.replace(/-[^-]+$/, "") : "") {
    const found = Object.keys(glues).find((key) => glues[key].split(" ").includes(at));
    if (found) return Object.fromEntries(found.split("|").map((glue, i) => [["full", "long", "medium", "short"][i], glue]));
  }
}

const pick = (object, keep) => Object.fromEntries(Object.entries(object).filter(([key]) => keep(key)));

function dates(tag, raw, decimal, zones) {
  const { weekday, era, month, monthStandalone, dayPeriods, dayPeriodRules, am, pm, gmtFormat, hourFormat, hourCycle } = raw;
  const skeletons = (object) => pick(object, (key) => /^[GyMLEcdahHkKmsSvzB]+$/.test(key));
  const { intervalFormatFallback: fallback, ...ranges } = raw.intervalFormats;
  return {
    weekday, era, month, monthStandalone, dayPeriods, dayPeriodRules, am, pm, gmtFormat, hourFormat, hourCycle,
    date: raw.dateFormat, time: raw.timeFormat, glue: glueOf(tag) ?? raw.dateTimeFormat, digits: raw.nu[0], decimal,
    formats: skeletons(raw.formats.gregory), ranges: { ...skeletons(ranges), fallback }, zones: zones.map((zone) => raw.timeZoneName[zone] ?? {}),
  };
}

function numbers(raw) {
  const own = raw.nu[0];
  const keep = (object) => pick(object, (key) => key === own || key === "latn");
  const { aliases, currency, decimal, percent, symbols, ...rest } = raw.numbers;
  return { ...raw, nu: [...new Set([own, "latn"])], currencies: pick(raw.currencies, (code) => currencies.has(code)), numbers: { ...rest, aliases: pick(aliases ?? {}, (key) => key === own), currency: keep(currency), decimal: keep(decimal), percent: keep(percent), symbols: keep(symbols) } };
}

async function language(tag, zones) {
  const [raw, NumberFormat, plurals, ListFormat, RelativeTimeFormat] = await Promise.all(["datetimeformat", "numberformat", "pluralrules", "listformat", "relativetimeformat"].map((name) => nearest(name, tag)));
  const own = numbers(NumberFormat);
  return {
    data: { dates: dates(tag, raw, own.numbers.symbols[own.nu[0]]?.decimal, zones), NumberFormat: own, ListFormat, RelativeTimeFormat: { ...RelativeTimeFormat, nu: own.nu }, plurals: { categories: plurals.categories, ranges: plurals.pluralRanges } },
    fn: plurals.fn,
  };
}

// names returns what Intl.DisplayNames gives. Names of languages in the style
// "standard" are made of their parts.
async function names(tag) {
  const { patterns, types: { language: { dialect }, ...types } } = await nearest("displaynames", tag);
  return { patterns, types: { ...types, language: dialect } };
}

// diff returns the parts of own that differ from base; undefined without any.
function diff(base, own) {
  if (JSON.stringify(base) === JSON.stringify(own)) return undefined;
  if (!own || !base || Array.isArray(own) || typeof own !== "object" || typeof base !== "object") return own;
  const keys = new Set([...Object.keys(base), ...Object.keys(own)]);
  const out = {};
  for (const key of keys) {
    const value = key in own ? diff(base[key], own[key]) : null;
    if (value !== undefined) out[key] = value;
  }
  return out;
}

// partition groups the zones that have the same names in every language. It returns
// one zone for each group, and the group of each zone. The first group is UTC's.
async function partition() {
  const tables = await Promise.all(["en", "de", "fr", "ja", "ru", "en-GB", "en-AU", "es-MX", "zh"].map(async (tag) => (await load("datetimeformat", tag)).timeZoneName));
  const groups = new Map([[signature(tables, "UTC"), 0]]);
  const zones = ["UTC"];
  const groupOf = {};
  for (const zone of new Set(tables.flatMap((table) => Object.keys(table)))) {
    const key = signature(tables, zone);
    if (!groups.has(key)) groups.set(key, zones.push(zone) - 1);
    groupOf[zone] = groups.get(key);
  }
  return { zones, groupOf };
}

const signature = (tables, zone) => JSON.stringify(tables.map((table) => table[zone]));

// upTo2037 leaves out what comes later: rules repeat, and zone.js knows how.
function upTo2037(entry) {
  const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX";
  const minutes = (text) => [...text.replace("-", "").split(".")[0]].reduce((sum, digit) => sum * 60 + digits.indexOf(digit), 0) * (text.startsWith("-") ? -1 : 1);
  const [name, abbreviations, offsets, indices, differences] = entry.split("|");
  let time = 0;
  const kept = (differences ?? "").split(" ").filter(Boolean).filter((text) => (time += minutes(text)) < Date.UTC(2038, 0) / 60_000);
  return [name, "", offsets, indices.slice(0, kept.length + 1), kept.join(" ")].join("|");
}

// ofTargets gives a zone the group of its other names: CLDR keeps to a zone's oldest.
const ofTargets = (links, groupOf) => Object.fromEntries(links.map((link) => link.split("|")).filter(([target, name]) => groupOf[target] === undefined && groupOf[name] !== undefined).map(([target, name]) => [target, groupOf[name]]));

// tags lists the languages that there are data for, with their variants.
export async function tags() {
  const names = (await readdir(folder("datetimeformat"))).filter((name) => name.endsWith(".js")).map((name) => name.slice(0, -3));
  return names.filter((name) => languages.includes(name.split("-")[0])).sort();
}

// contents makes the archive's files, by name, for the languages of list; a
// variant needs the languages that its tag begins with.
export async function contents(list) {
  const { zones, groupOf } = await partition();
  const tz = require("moment-timezone/data/packed/latest.json");
  const files = { "zones.json": JSON.stringify({ version: tz.version, zones: tz.zones.map(upTo2037), links: tz.links, groups: { ...groupOf, ...ofTargets(tz.links, groupOf) }, names: (await language("en", zones)).data.dates.zones }) };
  const made = {};
  const named = {};
  for (const tag of list) {
    made[tag] = await language(tag, zones);
    const parent = tag.includes("-") ? Object.keys(made).filter((name) => name !== tag && tag.startsWith(`${name}-`)).sort((a, b) => b.length - a.length)[0] : undefined;
    files[`languages/${tag}.json`] = JSON.stringify(parent ? { tag, parent, ...diff(made[parent].data, made[tag].data) } : { tag, ...made[tag].data });
    const own = await names(tag);
    files[`names/${tag}.json`] = JSON.stringify(parent ? { tag, parent, ...diff(named[parent], own) } : { tag, ...own });
    named[tag] = own;
    if (!parent) files[`languages/${tag}.js`] = made[tag].fn.toString();
  }
  const more = await build({ entryPoints: [fileURLToPath(new URL("src/intl/more.js", import.meta.url))], bundle: true, write: false, minify: true, format: "iife", alias: { "@formatjs/intl-localematcher": fileURLToPath(new URL("src/intl/matcher.js", import.meta.url)) }, globalName: "usherIntl", target: "es2023", legalComments: "none" });
  return { "more.js": more.outputFiles[0].text, ...files };
}

async function pack(file) {
  const encoder = new TextEncoder();
  const files = await contents(await tags());
  const stored = Object.entries(files).map(([name, text]) => [name, [encoder.encode(text), { level: 9, mtime: new Date(1980, 0, 1) }]]);
  await writeFile(file, zipSync(Object.fromEntries(stored)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await pack(process.argv[2]);
