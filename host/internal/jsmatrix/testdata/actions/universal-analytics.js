// event and pageview with send
// 200 POST www.google-analytics.com
import ua from "universal-analytics";

const visitor = ua("UA-1-1", "35009a79-1a05-49d7-b876-2b884d0f825b", { strictCidFormat: false, https: true });
await new Promise((resolve) => visitor.pageview("/signup").event("user", "signed up").send((error, count) => { console.log(error, count); resolve(); }));
