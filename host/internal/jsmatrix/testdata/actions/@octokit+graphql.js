// a query with variables, the error of a wrong one
// 200 POST api.github.com/graphql ~wrong {"errors":[{"message":"no such field"}]}
// 200 POST api.github.com/graphql {"data":{"viewer":{"login":"bot"}}}
import { graphql } from "@octokit/graphql";

const query = graphql.defaults({ headers: { authorization: `token ${event.secrets.TOKEN}` } });
console.log(await query("query($n: Int!) { viewer { login(first: $n) } }", { n: 1 }));
await query("{ wrong }").catch((error) => console.log(error.name, error.message));
