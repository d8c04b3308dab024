// an agent for http
// 200 GET /search {"found":2}
import Agent from "agentkeepalive";
import http from "http";

const agent = new Agent({ maxSockets: 2, freeSocketTimeout: 1000 });
console.log(await new Promise((resolve, reject) => http.get(`${event.secrets.URL}/search`, { agent }, (answer) => { answer.resume(); answer.on("end", () => resolve(answer.statusCode)); }).on("error", reject)));
agent.destroy();
