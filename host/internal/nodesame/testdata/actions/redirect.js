// Redirects keep or change the method, as the standards say.
const axios = require("axios");

exports.onExecutePostUserRegistration = async (event) => {
  for (const status of [301, 302, 303, 307, 308]) {
    const response = await fetch(`${event.secrets.BASE}/redirect/${status}`, { method: "POST", body: `{"status":${status}}`, headers: { "content-type": "application/json", authorization: "Bearer x" } });
    console.log(status, response.status, response.redirected, response.url.replace(event.secrets.BASE, ""), await response.json());
    const { data } = await axios.post(`${event.secrets.BASE}/redirect/${status}`, { status });
    console.log(status, data);
  }
  const manual = await fetch(`${event.secrets.BASE}/redirect/302`, { redirect: "manual" });
  console.log(manual.status, manual.type, manual.headers.get("location"));
  try {
    await fetch(`${event.secrets.BASE}/redirect/302`, { redirect: "error" });
  } catch (error) {
    console.log(error.name, error.message);
  }
};
