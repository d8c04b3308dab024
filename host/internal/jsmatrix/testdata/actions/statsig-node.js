// initialize, checkGate, logEvent, shutdown
// without (?s)\n\n.*
// 200 POST statsigapi.net {"has_updates":true,"feature_gates":[],"dynamic_configs":[],"layer_configs":[],"time":1}
// 200 GET api.statsigcdn.com {"has_updates":true,"feature_gates":[],"dynamic_configs":[],"layer_configs":[],"time":1}
import statsig from "statsig-node";

await statsig.initialize("secret-key", { disableDiagnostics: true, disableIdListsSync: true, disableRulesetsSync: true });
console.log(statsig.checkGate({ userID: event.user.user_id }, "new-flow"));
await statsig.shutdownAsync();
