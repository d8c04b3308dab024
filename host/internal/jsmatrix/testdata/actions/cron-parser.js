// the next dates of an expression in a zone
import { CronExpressionParser } from "cron-parser";

const interval = CronExpressionParser.parse("*/15 9 * * 1-5", { currentDate: new Date("2026-07-03T09:50:00Z"), tz: "Europe/Vienna" });
console.log(interval.next().toISOString(), interval.next().toISOString());
