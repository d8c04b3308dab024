// a query, its errors
// 200 POST /graphql ~wrong {"errors":[{"message":"no such field"}]}
// 200 POST /graphql {"data":{"me":{"id":"1"}}}
import { Client, fetchExchange, gql } from "@urql/core";

const client = new Client({ url: `${event.secrets.URL}/graphql`, exchanges: [fetchExchange], preferGetMethod: false });
console.log((await client.query(gql`query me($a: Int) { me(a: $a) { id } }`, { a: 1 }).toPromise()).data);
console.log((await client.query("{ wrong }", {}).toPromise()).error?.message);
