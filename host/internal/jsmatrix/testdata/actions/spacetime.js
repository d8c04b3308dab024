// a zone, add, format
import spacetime from "spacetime";

console.log(spacetime("2026-07-01", "Europe/Vienna").add(1, "month").format("{day} {month} {date} {year}"), spacetime(1700000000000, "Asia/Tokyo").time());
