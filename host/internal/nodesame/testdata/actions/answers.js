// What comes back: compressed, bytes, cookies, none, and not what it says.
const axios = require("axios");

exports.onExecutePostUserRegistration = async (event) => {
  const { BASE, CLOSED } = event.secrets;
  console.log(await (await fetch(`${BASE}/zipped`)).json(), (await axios.get(`${BASE}/zipped`)).data);
  console.log(new Uint8Array(await (await fetch(`${BASE}/bytes`)).arrayBuffer()));
  console.log(Buffer.from((await axios.get(`${BASE}/bytes`, { responseType: "arraybuffer" })).data));
  console.log((await fetch(`${BASE}/cookies`)).headers.getSetCookie(), (await axios.get(`${BASE}/cookies`)).headers["set-cookie"]);
  const none = await axios.delete(`${BASE}/status/204`);
  console.log(none.status, JSON.stringify(none.data), (await fetch(`${BASE}/status/204`)).body);
  console.log((await axios.get(`${BASE}/notjson`)).data);
  await fetch(`${BASE}/notjson`).then((response) => response.json()).catch((error) => console.log(error.name, error.message));
  await fetch(`${CLOSED}/x`).catch((error) => console.log(error.name, error.message, error.cause?.code));
  await axios.get(`${CLOSED}/x`).catch((error) => console.log(error.name, error.code, error.message));
  const response = await fetch(`${BASE}/twice`);
  await response.text();
  await response.text().catch((error) => console.log(error.name, error.message));
  console.log((await axios.head(`${BASE}/status/200`)).headers["x-request-id"]);
};
