// parse what people write
import * as chrono from "chrono-node";

const now = new Date("2026-07-01T12:00:00Z");
console.log(chrono.parseDate("next friday at 4pm", now).toISOString(), chrono.parse("from 3 to 5 july", now).map((r) => [r.text, r.start.date().toISOString()]), chrono.de.parseDate("morgen", now).toISOString());
