// generateContent, the error of a wrong key
// 400 POST generativelanguage.googleapis.com/v1beta/models/none {"error":{"code":400,"message":"API key not valid","status":"INVALID_ARGUMENT"}}
// 200 POST generativelanguage.googleapis.com/v1beta/models/m {"candidates":[{"content":{"parts":[{"text":"Hello Jö"}],"role":"model"},"finishReason":"STOP","index":0}]}
import { GoogleGenerativeAI } from "@google/generative-ai";

const ai = new GoogleGenerativeAI(event.secrets.TOKEN);
console.log((await ai.getGenerativeModel({ model: "m" }).generateContent("Greet Jö")).response.text());
await ai.getGenerativeModel({ model: "none" }).generateContent("x").catch((error) => console.log(error.name, error.status));
