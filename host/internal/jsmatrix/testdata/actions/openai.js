// chat.completions.create, whole and streamed; the error of a refused call
// 401 GET /openai/ {"error":{"message":"wrong key"}}
// 200 POST /openai/chat ~"stream":true data: {"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Hello"}}]}\n\ndata: {"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":" Jö"}}]}\n\ndata: [DONE]\n\n
// 200 POST /openai/chat {"id":"c1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hello Jö"}}]}
import OpenAI from "openai";

const openai = new OpenAI({ apiKey: event.secrets.TOKEN, baseURL: `${event.secrets.URL}/openai`, maxRetries: 0 });
const answer = await openai.chat.completions.create({ model: "m", messages: [{ role: "user", content: "Greet Jö" }] });
console.log(answer.choices[0].message.content);
const stream = await openai.chat.completions.create({ model: "m", stream: true, messages: [{ role: "user", content: "Greet Jö" }] });
for await (const chunk of stream) console.log(chunk.choices[0].delta.content);
await openai.models.list().catch((error) => console.log(error.constructor.name, error.status));
