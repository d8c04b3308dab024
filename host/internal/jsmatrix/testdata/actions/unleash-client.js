// a client with a bootstrap: isEnabled
import { Unleash } from "unleash-client";

const unleash = new Unleash({ appName: "usher", url: "https://unleash.example.com/api/", disableMetrics: true, refreshInterval: 0, storageProvider: { get: async () => undefined, set: async () => {} }, bootstrap: { data: [{ name: "new-flow", enabled: true, type: "release", stale: false, strategies: [{ name: "default", parameters: {}, constraints: [] }] }] } });
await new Promise((resolve) => unleash.once("ready", resolve));
console.log(unleash.isEnabled("new-flow", { userId: event.user.user_id }));
unleash.destroy();
