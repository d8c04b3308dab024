// Intl: English of the United States and UTC always; other languages and the
// time zones of the tz database when an action's build adds them, through the
// function under Symbol.for("usher.intl").
import { addDates, DateTimeFormat, formatDate, nameZones } from "./datetime.js";
import { NumberFormat } from "./number.js";
import { addService } from "./service.js";
import { getCanonicalLocales, Locale } from "./tag.js";
import * as words from "./words.js";
import { addZones, offsetAt, zoneNames } from "./zone.js";

const lists = {
  calendar: () => ["gregory"],
  collation: () => ["default"],
  currency: () => ["AUD", "BRL", "CAD", "CHF", "CNY", "EUR", "GBP", "INR", "JPY", "KRW", "MXN", "USD"],
  numberingSystem: () => ["latn"],
  timeZone: zoneNames,
  unit: () => ["byte", "day", "hour", "kilometer", "liter", "meter", "minute", "month", "second", "week", "year"],
};

function supportedValuesOf(key) {
  if (!lists[key]) throw new RangeError(`Invalid key : ${key}`);
  return lists[key]();
}

// addTimeZones reads those that named lists at once, so that no run has to.
function addTimeZones({ names, ...zones }, named = []) {
  addZones(zones);
  nameZones(names);
  for (const name of named) offsetAt(name, 0);
}

const Intl = {};
const members = { getCanonicalLocales, supportedValuesOf, DateTimeFormat, NumberFormat, ...words, Locale };
for (const [name, value] of Object.entries(members)) hide(Intl, name, value);
Object.defineProperty(Intl, Symbol.toStringTag, { value: "Intl", configurable: true });
Object.defineProperty(Intl, Symbol.for("usher.intl"), { value: { addDates, addService, addTimeZones } });
hide(globalThis, "Intl", Intl);

function hide(object, name, value) {
  Object.defineProperty(object, name, { value, writable: true, configurable: true, enumerable: false });
}

function date(name, needs, defaults) {
  hide(Date.prototype, name, { [name](locales, options) {
    const time = Date.prototype.getTime.call(this);
    return Number.isNaN(time) ? "Invalid Date" : formatDate(time, locales, options, needs, defaults);
  } }[name]);
}

date("toLocaleString", "any", "all");
date("toLocaleDateString", "date", "date");
date("toLocaleTimeString", "time", "time");

for (const type of [Number, BigInt]) {
  hide(type.prototype, "toLocaleString", { toLocaleString(locales, options) {
    return new NumberFormat(locales, options).format(type.prototype.valueOf.call(this));
  } }.toLocaleString);
}

hide(String.prototype, "localeCompare", { localeCompare(that, locales, options) {
  return new words.Collator(locales, options).compare(String(this), String(that));
} }.localeCompare);

// This resolves, for the snapshot, the formats that most actions use.
for (const name of ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"]) new Date(0)[name]();
