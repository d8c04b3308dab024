// getIdentityFlags
// 200 POST edge.api.flagsmith.com/api/v1/identities {"traits":[],"flags":[{"id":1,"feature":{"id":1,"name":"new-flow","type":"STANDARD"},"feature_state_value":"x","enabled":true}]}
import { Flagsmith } from "flagsmith-nodejs";

const flagsmith = new Flagsmith({ environmentKey: event.secrets.TOKEN });
const flags = await flagsmith.getIdentityFlags(event.user.user_id, { plan: "free" });
console.log(flags.isFeatureEnabled("new-flow"), flags.getFeatureValue("new-flow"));
