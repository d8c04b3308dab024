// users.update, workflows.trigger
// 200 POST api.knock.app/v1/workflows/welcome/trigger {"workflow_run_id":"w1"}
import Knock from "@knocklabs/node"; // .default

const knock = new Knock({ apiKey: event.secrets.TOKEN, bearerToken: event.secrets.TOKEN });
await knock.users.update(event.user.user_id, { email: event.user.email });
console.log(await knock.workflows.trigger("welcome", { recipients: [event.user.user_id], data: { plan: "free" } }));
