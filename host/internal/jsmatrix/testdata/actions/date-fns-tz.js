// formatInTimeZone, fromZonedTime
import { formatInTimeZone, fromZonedTime } from "date-fns-tz";

console.log(formatInTimeZone(new Date(1700000000000), "America/New_York", "yyyy-MM-dd HH:mm:ssXXX zzz"), fromZonedTime("2026-07-01 12:30", "Asia/Tokyo").toISOString());
