// insert and select, rpc
// 201 POST /rest/v1/users [{"id":1}]
// 404 GET /rest/v1/ {"message":"no such table","code":"42P01"}
// 200 POST /rest/v1/rpc/ "Hello Jo"
import { createClient } from "@supabase/supabase-js";

const supabase = createClient(event.secrets.URL, event.secrets.TOKEN, { auth: { persistSession: false } });
const made = await supabase.from("users").insert({ id: event.user.user_id, email: event.user.email }).select();
console.log(made.status, made.data, made.error);
const none = await supabase.from("missing").select("id").eq("email", event.user.email).limit(1);
console.log(none.status, none.error.message);
console.log((await supabase.rpc("greet", { name: "Jo" })).data);
