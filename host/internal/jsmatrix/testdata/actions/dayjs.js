// the plugins utc, timezone and relativeTime
import dayjs from "dayjs";
import utc from "dayjs/plugin/utc.js";
import timezone from "dayjs/plugin/timezone.js";
import relativeTime from "dayjs/plugin/relativeTime.js";

[utc, timezone, relativeTime].forEach((plugin) => dayjs.extend(plugin));
const at = dayjs.utc("2026-07-01T12:30:00Z");
console.log(at.tz("America/New_York").format("YYYY-MM-DD HH:mm Z"), at.add(1, "week").format(), at.from(dayjs.utc("2026-07-11")));
