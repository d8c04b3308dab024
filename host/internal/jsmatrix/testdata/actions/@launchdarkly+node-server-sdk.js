// a client with data of its own: variation
import { init, integrations } from "@launchdarkly/node-server-sdk";

const data = new integrations.TestData();
data.update(data.flag("new-flow").booleanFlag().variationForAll(true));
const client = init("sdk-key", { updateProcessor: data.getFactory(), sendEvents: false, diagnosticOptOut: true, logger: { debug() {}, info() {}, warn() {}, error() {} } });
await client.waitForInitialization({ timeout: 5 });
console.log(await client.variation("new-flow", { kind: "user", key: event.user.user_id }, false));
client.close();
