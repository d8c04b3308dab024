import fetch from "node-fetch";
import https from "node:https";

export async function onExecutePostUserRegistration(event) {
  const answer = await fetch("https://a.example/x", { method: "PUT", body: new URLSearchParams({ email: event.user.email }) });
  console.warn(answer.status, await answer.json());
  await new Promise((resolve, reject) => {
    https.get("https://b.example/y", (response) => response.resume().on("end", resolve)).on("error", reject);
  });
}
