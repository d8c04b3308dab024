// an event by HTTP, a received one
import { CloudEvent, HTTP, emitterFor, httpTransport } from "cloudevents";

const ce = new CloudEvent({ id: "1", type: "user.registered", source: "/usher", time: "2026-01-01T00:00:00.000Z", data: { email: event.user.email } });
const message = HTTP.binary(ce);
console.log(message.headers["ce-type"], HTTP.toEvent(message).data, ce.validate());
await emitterFor(httpTransport(`${event.secrets.URL}/events`))(ce);
