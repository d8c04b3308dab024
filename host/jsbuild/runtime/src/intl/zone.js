// Time zones: UTC and fixed offsets always, those of the tz database once
// addZones has been given them.
const utc = /^(?:etc\/)?(?:utc|gmt|uct|zulu|universal|greenwich)$|^etc\/gmt[+-]?0$/i;
const minute = 60_000;
const day = 86_400_000;

const packed = new Map();
const names = new Map();
const unpacked = new Map();
const groups = new Map([["UTC", 0]]);

// addZones takes the tz database as moment-timezone packs it: zones are
// "name|abbreviations|offsets|indices|differences", links "name|other name".
// own is the group of each zone: languages have one name for each group.
export function addZones({ zones, links, groups: own }) {
  for (const zone of zones) packed.set(zone.slice(0, zone.indexOf("|")), zone);
  for (const link of links) {
    const [target, name] = link.split("|");
    packed.set(name, target);
  }
  for (const name of packed.keys()) names.set(name.toLowerCase(), name);
  for (const [name, group] of Object.entries(own)) groups.set(name, group);
}

// groupOf returns a zone's index in a language's list of names, or undefined.
export function groupOf(name) {
  const target = packed.get(name);
  return groups.get(name) ?? (target?.includes("|") ? undefined : groups.get(target));
}

// zoneNames lists what findZone knows, in order.
export const zoneNames = () => [...packed.keys(), "UTC"].filter((name, i, all) => all.indexOf(name) === i).sort();

// findZone returns the zone's own spelling of name. It throws a RangeError without a
// zone.
export function findZone(name) {
  if (utc.test(name)) return "UTC";
  const offset = /^([+-])([01]\d|2[0-3])(?::?([0-5]\d))?$/.exec(name);
  if (offset) return `${offset[1]}${offset[2]}:${offset[3] ?? "00"}`;
  const own = names.get(name.toLowerCase());
  if (own) return own;
  const hint = packed.size === 0 ? ' (time zones are not part of this action: add {"usher": {"timeZones": "all"}} to its package.json and build again)' : "";
  throw new RangeError(`Invalid time zone specified: ${name}${hint}`);
}

// offsetAt returns a zone's offset from UTC in ms, and whether it has summer time.
export function offsetAt(name, time) {
  if (name === "UTC") return { offset: 0, summer: false };
  const fixed = /^([+-])(\d\d):(\d\d)$/.exec(name);
  if (fixed) return { offset: (fixed[1] === "-" ? -1 : 1) * (fixed[2] * 60 + +fixed[3]) * minute, summer: false };
  const zone = unpack(name);
  const at = within(zone.until, time > zone.known ? alike(time) : time);
  return { offset: zone.offsets[at], summer: isSummer(zone, at) };
}

function within(until, time) {
  let low = 0;
  let high = until.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (time < until[middle]) high = middle;
    else low = middle + 1;
  }
  return low;
}

// Summer time is a stretch of less than ten months with a later clock than before or after it.
function isSummer({ until, offsets }, at) {
  if (at === 0 || at >= until.length) return false;
  return until[at] - until[at - 1] < 300 * day && (offsets[at] > offsets[at - 1] || offsets[at] > offsets[at + 1]) && offsets[at] >= offsets[at - 1];
}

// alike moves a time beyond the table into the table's last years, to a year
// that has the same days of the week from March on: rules name days of the week.
function alike(time) {
  const date = new Date(time);
  const weekday = (year) => new Date(Date.UTC(year, 2, 1)).getUTCDay();
  const month = date.getUTCMonth();
  let year = 2036;
  while (weekday(year) !== weekday(date.getUTCFullYear())) year--;
  return Date.UTC(year, month, date.getUTCDate()) + (((time % day) + day) % day);
}

function unpack(name) {
  if (unpacked.has(name)) return unpacked.get(name);
  const entry = packed.get(name);
  const zone = entry.includes("|") ? parse(entry) : unpack(entry);
  unpacked.set(name, zone);
  return zone;
}

function parse(entry) {
  const [, , offsets, indices, differences] = entry.split("|");
  const values = offsets.split(" ").map((text) => Math.round(-number(text) * minute));
  let time = 0;
  const until = (differences || "").split(" ").filter(Boolean).map((text) => Math.round((time += number(text)) * minute));
  const last = until.at(-1) ?? 0;
  return { until, offsets: Array.from(indices, (index) => values[number(index)]), known: last > Date.UTC(2037, 0) ? last : Infinity };
}

// number reads a number in base 60, with a fraction. Zones are read in runs: it has to be quick.
function number(text) {
  const negative = text[0] === "-";
  let value = 0;
  let scale = 0;
  for (let i = negative ? 1 : 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 46) {
      scale = 1;
      continue;
    }
    const digit = code < 58 ? code - 48 : code > 96 ? code - 87 : code - 29;
    if (scale) value += digit * (scale /= 60);
    else value = value * 60 + digit;
  }
  return negative ? -value : value;
}
