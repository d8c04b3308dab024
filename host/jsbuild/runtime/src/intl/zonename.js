// The names of time zones as languages write them.

import { groupOf } from "./zone.js";

// zoneName writes a zone as the letter z (its name), O (its offset) or v (its
// name without summer time) asks, in full when size is 4. CLDR knows
// names from 1970 on.
export function zoneName(data, zone, letter, size, { offset, summer, time }, digits) {
  const known = letter === "O" || (time < 0 && zone !== "UTC") ? undefined : data.zones[groupOf(zone)];
  const named = (size === 4 ? known?.long : known?.short)?.[summer ? 1 : 0] ?? (size === 4 ? known?.long : known?.short)?.[0];
  if (named && letter === "z") return named;
  return offsetName(data, offset, size === 4, letter, digits);
}

function offsetName(data, offset, long, letter, digits) {
  const minutes = Math.trunc(Math.abs(offset) / 60_000);
  const [plus, minus] = data.hourFormat.split(";");
  const pattern = offset < 0 ? minus : plus;
  const seconds = Math.trunc(Math.abs(offset) / 1000) % 60;
  const text = pattern
    .replace(/H+/, digits(Math.trunc(minutes / 60), long ? 2 : 1))
    .replace(/([:.]?)mm/, (_, mark) => (long || minutes % 60 || seconds ? `${mark}${digits(minutes % 60, 2)}` : "") + (seconds ? `${mark}${digits(seconds, 2)}` : ""));
  return data.gmtFormat.replace("{0}", () => text);
}
