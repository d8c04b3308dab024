// Intl: English of the United States and UTC always; other languages and the
// time zones of the tz database when an action's build adds them, through the
// function under Symbol.for("usher.intl").
import { addDates, DateTimeFormat, formatDate, nameZones } from "./datetime.js";
import { list } from "./locale.js";
import { addNames, DisplayNames } from "./names.js";
import { NumberFormat } from "./number.js";
import { addService } from "./service.js";
import { getCanonicalLocales, Locale } from "./tag.js";
import * as words from "./words.js";
import { addZones, offsetAt, zoneNames } from "./zone.js";

const lists = {
  calendar: () => ["gregory"],
  collation: () => ["default"],
  currency: () => "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XDR XOF XPF XSU YER ZAR ZMW ZWL".split(" "),
  numberingSystem: () => ["latn"],
  timeZone: zoneNames,
  unit: () => "acre bit byte celsius centimeter day degree fahrenheit fluid-ounce foot gallon gigabit gigabyte gram hectare hour inch kilobit kilobyte kilogram kilometer liter megabit megabyte meter microsecond mile mile-scandinavian milliliter millimeter millisecond minute month nanosecond ounce percent petabyte pound second stone terabit terabyte week yard year".split(" "),
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
const members = { getCanonicalLocales, supportedValuesOf, DateTimeFormat, NumberFormat, ...words, DisplayNames, Locale };
for (const [name, value] of Object.entries(members)) hide(Intl, name, value);
Object.defineProperty(Intl, Symbol.toStringTag, { value: "Intl", configurable: true });
Object.defineProperty(Intl, Symbol.for("usher.intl"), { value: { addDates, addNames, addService, addTimeZones } });
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

// Turkish and Azerbaijani have two letters i.
for (const [name, from, to] of [["toLocaleLowerCase", /İ|I\u0307?/g, (i) => (i === "I" ? "ı" : "i")], ["toLocaleUpperCase", /i/g, "İ"]]) {
  const plain = String.prototype[name];
  hide(String.prototype, name, { [name](locales) {
    const [tag = ""] = list(locales);
    return plain.call(/^(?:tr|az)\b/.test(tag) ? String(this).replace(from, to) : this);
  } }[name]);
  Object.defineProperty(String.prototype[name], "length", { value: 0 });
}

// This resolves, for the snapshot, the formats that most actions use.
for (const name of ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"]) new Date(0)[name]();
