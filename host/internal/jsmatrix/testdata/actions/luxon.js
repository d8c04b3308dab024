// a zone, plus, toFormat, toLocaleString
import { DateTime, Duration } from "luxon";

const at = DateTime.fromISO("2026-07-01T12:30:00", { zone: "Europe/Berlin" });
console.log(at.toISO(), at.toUTC().toISO(), at.plus({ months: 8 }).toISO());
console.log(at.toFormat("cccc dd LLLL yyyy, HH:mm ZZ"), at.setLocale("en-US").toLocaleString(DateTime.DATETIME_MED));
console.log(Duration.fromObject({ minutes: 135 }).shiftTo("hours", "minutes").toObject(), DateTime.fromISO("no").invalidReason);
