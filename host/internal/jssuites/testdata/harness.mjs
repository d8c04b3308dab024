import assert from "node:assert";

const cases = [];
let area = "";
let URL_ = "";
let CLOSED = "";
const describe = (name, body) => {
  area = name;
  body();
};
const it = (name, body) => cases.push({ name: `${area}: ${name}`, body });
const eq = assert.deepStrictEqual;
const { ok, match, throws } = assert;
const fails = (promise, wanted) => assert.rejects(async () => promise, (error) => {
  for (const [key, value] of Object.entries(wanted)) {
    if (value instanceof RegExp) match(String(error[key]), value);
    else eq(error[key], value);
  }
  return true;
});
const at = (path) => URL_ + path;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function failureOf(body) {
  try {
    await Promise.race([body(), sleep(8000).then(() => { throw new Error("it takes too long"); })]);
    return "";
  } catch (error) {
    return String(error?.stack ?? error).slice(0, 600) || "thrown";
  }
}

export const onExecutePostUserRegistration = async (event) => {
  URL_ = event.secrets.URL;
  CLOSED = event.secrets.CLOSED;
  const outcomes = [];
  for (const { name, body } of cases) outcomes.push({ Name: name, Failed: await failureOf(body) });
  console.log("outcomes: " + JSON.stringify(outcomes));
};
