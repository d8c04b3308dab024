// ZonedDateTime, PlainDate, Duration
import { Temporal } from "@js-temporal/polyfill";

console.log(Temporal.ZonedDateTime.from("2026-03-29T01:30[Europe/Vienna]").add({ hours: 1 }).toString(), Temporal.PlainDate.from("2026-01-31").add({ months: 1 }).toString(), Temporal.Duration.from("PT90M").round({ largestUnit: "hour" }).toString());
