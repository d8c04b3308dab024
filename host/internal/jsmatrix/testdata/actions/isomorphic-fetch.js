// the global fetch
// 200 GET /search {"found":2}
import "isomorphic-fetch";

console.log(await (await fetch(`${event.secrets.URL}/search?q=1`)).json());
