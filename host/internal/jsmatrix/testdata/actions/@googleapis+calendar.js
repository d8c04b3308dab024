// events.insert with an API key
// 200 POST www.googleapis.com/calendar/v3/calendars/c1/events {"id":"e1"}
import { calendar } from "@googleapis/calendar";

console.log((await calendar({ version: "v3", auth: "key" }).events.insert({ calendarId: "c1", requestBody: { summary: `Call ${event.user.email}`, start: { date: "2026-01-01" }, end: { date: "2026-01-02" } } })).data.id);
