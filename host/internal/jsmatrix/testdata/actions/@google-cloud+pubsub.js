// publishMessage, which needs gRPC
import { PubSub } from "@google-cloud/pubsub";

await new PubSub({ projectId: "p", apiEndpoint: "127.0.0.1:1", emulatorMode: true }).topic("users", { gaxOpts: { timeout: 500 } }).publishMessage({ json: event.user });
