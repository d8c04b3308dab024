// Mistakes that surface as errors with a name and a message.
const attempts = {
  property: (event) => event.user.identities[0].provider,
  deeper: (event) => event.client.name,
  call: (event) => event.user.notThere(),
  callOf: (event, api) => api.user.setAppMetadata("a", 1),
  isNotIterable: (event) => { const [a] = event.user.missing; return a; },
  spread: (event) => Math.max(...event.user.email_verified),
  parse: () => JSON.parse("{'a': 1}"),
  parseEmpty: () => JSON.parse(""),
  url: () => new URL("not a url"),
  dead: () => { const sum = early + 1; let early = 1; return sum; },
  construct: () => new (() => {})(),
  range: () => new Array(-1),
  depth: () => { const f = () => f() + 1; f(); },
  symbol: () => `${Symbol("s")}`,
  bigint: () => 1n + 1,
  regexp: () => new RegExp("("),
  json: () => JSON.stringify({ n: 1n }),
  nullish: () => { const { a } = null; return a; },
  instance: () => ({} instanceof 5),
  inside: () => "a" in "b",
  frozen: () => { "use strict"; Object.freeze([1]).push(2); },
  uri: () => decodeURIComponent("%"),
  header: () => new Headers({ "bad header": "x" }),
  fetched: () => new Request("/relative"),
};

// Of JSON, Node has said the line and the column since 22.
exports.onExecutePostUserRegistration = async (event, api) => {
  for (const [name, attempt] of Object.entries(attempts)) {
    try {
      console.log(name, attempt(event, api));
    } catch (error) {
      console.log(`${name}: ${error.name} ${error.code} ${error.message.replace(/ \(line \d+ column \d+\)$/, "")} ${error instanceof Error}`);
    }
  }
  return event.user.profile.name;
};
