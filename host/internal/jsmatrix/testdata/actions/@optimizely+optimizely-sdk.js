// an instance over a datafile: decide
import { createInstance, createStaticProjectConfigManager } from "@optimizely/optimizely-sdk";

const datafile = JSON.stringify({ version: "4", rollouts: [], typedAudiences: [], projectId: "1", featureFlags: [{ id: "2", key: "new-flow", rolloutId: "", experimentIds: [], variables: [] }], variables: [], environmentKey: "p", sdkKey: "k", audiences: [], groups: [], attributes: [], accountId: "1", layers: [], revision: "1", experiments: [], anonymizeIP: true, botFiltering: false, events: [] });
const client = createInstance({ projectConfigManager: createStaticProjectConfigManager({ datafile }) });
await client.onReady();
console.log(client.createUserContext(event.user.user_id).decide("new-flow").enabled, client.isFeatureEnabled("new-flow", "u"));
