// a query and a mutation over HTTP
// 200 POST /graphql ~mutation {"data":{"addUser":{"__typename":"User","id":"1"}}}
// 200 POST /graphql {"data":{"me":{"__typename":"User","id":"1"}}}
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client/core/index.js";

const client = new ApolloClient({ link: new HttpLink({ uri: `${event.secrets.URL}/graphql`, headers: { authorization: "x" } }), cache: new InMemoryCache() });
console.log((await client.query({ query: gql`query { me { id } }` })).data.me.id);
console.log((await client.mutate({ mutation: gql`mutation add($e: String!) { addUser(email: $e) { id } }`, variables: { e: event.user.email } })).data.addUser.id);
