// Requests that are given up: axios's timeout, fetch's signal, an abort.
const axios = require("axios");

exports.onExecutePostUserRegistration = async (event) => {
  const url = `${event.secrets.BASE}/slow`;
  try {
    await axios.get(url, { timeout: 800 });
  } catch (error) {
    console.log(error.name, error.code, error.message, error.response === undefined);
  }
  try {
    await fetch(url, { signal: AbortSignal.timeout(600) });
  } catch (error) {
    console.log(error.name, error.code, error.message);
  }
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 600);
  try {
    await fetch(url, { signal: controller.signal });
  } catch (error) {
    console.log(error.name, error.code, error.message);
  }
  const quick = await axios.get(`${event.secrets.BASE}/quick`, { timeout: 5000 });
  console.log(quick.statusText, quick.data);
};
