// insert and select, rpc
const { createClient } = require("@supabase/supabase-js");

exports.onExecutePostUserRegistration = async (event) => {
  const supabase = createClient(event.secrets.URL, event.secrets.TOKEN, { auth: { persistSession: false } });
  const made = await supabase.from("users").insert({ id: event.user.user_id, email: event.user.email }).select();
  console.log(made.status, made.data, made.error);
  const none = await supabase.from("missing").select("id").eq("email", event.user.email).limit(1);
  console.log(none.status, none.error.message);
  console.log((await supabase.rpc("greet", { name: "Jo" })).data);
};
