// messages.create, whole and streamed; the error of a wrong key
// 401 GET api.anthropic.com/v1/models {"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}
// 200 POST api.anthropic.com/v1/messages ~"stream":true event: message_start\ndata: {"type":"message_start","message":{"id":"m1","type":"message","role":"assistant","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}\n\nevent: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello Jö"}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n
// 200 POST api.anthropic.com/v1/messages {"id":"m1","type":"message","role":"assistant","content":[{"type":"text","text":"Hello Jö"}]}
import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({ apiKey: event.secrets.TOKEN, maxRetries: 0 });
const ask = { model: "m", max_tokens: 10, messages: [{ role: "user", content: "Greet Jö" }] };
console.log((await client.messages.create(ask)).content[0].text);
for await (const part of await client.messages.create({ ...ask, stream: true })) console.log(part.type, part.delta?.text);
await client.models.list().catch((error) => console.log(error.name, error.status));
