// select with filters, upsert, the error of a table that is not there
// 404 GET /rest/v1/none {"message":"no such table","code":"42P01"}
// 200 GET /rest/v1/users [{"id":1}]
// 201 POST /rest/v1/users [{"id":1}]
import { PostgrestClient } from "@supabase/postgrest-js";

const db = new PostgrestClient("https://p.supabase.co/rest/v1", { headers: { apikey: event.secrets.TOKEN } });
console.log((await db.from("users").upsert({ id: 1, email: event.user.email }).select()).data);
console.log((await db.from("users").select("id").eq("email", event.user.email).in("role", ["a", "b"]).order("id").limit(1)).data);
console.log((await db.from("none").select()).error.code);
