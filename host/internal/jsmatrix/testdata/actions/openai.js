// chat.completions.create, whole and streamed; the error of a refused call
const OpenAI = require("openai");

exports.onExecutePostUserRegistration = async (event) => {
  const openai = new OpenAI({ apiKey: event.secrets.TOKEN, baseURL: `${event.secrets.URL}/openai`, maxRetries: 0 });
  const answer = await openai.chat.completions.create({ model: "m", messages: [{ role: "user", content: "Greet Jö" }] });
  console.log(answer.choices[0].message.content);
  const stream = await openai.chat.completions.create({ model: "m", stream: true, messages: [{ role: "user", content: "Greet Jö" }] });
  for await (const chunk of stream) console.log(chunk.choices[0].delta.content);
  await openai.models.list().catch((error) => console.log(error.constructor.name, error.status));
};
