// features by payload, attributes, an experiment
// 200 GET cdn.growthbook.io/api/features {"status":200,"features":{"new-flow":{"defaultValue":false,"rules":[{"condition":{"id":"auth0|1"},"force":true}]}}}
import { GrowthBook } from "@growthbook/growthbook";

const gb = new GrowthBook({ apiHost: "https://cdn.growthbook.io", clientKey: "sdk-1", attributes: { id: event.user.user_id } });
await gb.init({ timeout: 2000 });
console.log(gb.isOn("new-flow"), gb.getFeatureValue("other", "none"), gb.run({ key: "e1", variations: ["a", "b"] }).value);
gb.destroy();
