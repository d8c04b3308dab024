// parseStringPromise, Builder
import xml2js from "xml2js";

console.log(JSON.stringify(await xml2js.parseStringPromise('<a x="1"><b>one</b><b>two &amp; three</b></a>', { explicitArray: false })), new xml2js.Builder({ headless: true }).buildObject({ a: { $: { x: 1 }, b: ["ö"] } }));
await xml2js.parseStringPromise("<a>").catch((error) => console.log(error.message.split("\n")[0]));
