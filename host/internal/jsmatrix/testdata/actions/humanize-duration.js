// English, German, units
import humanizeDuration from "humanize-duration";

console.log(humanizeDuration(97320000), humanizeDuration(12000, { language: "de" }), humanizeDuration(3600000, { units: ["m"] }));
