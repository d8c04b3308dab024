// version 3: request with variables, the error of a refused query
// 200 POST /graphql ~wrong {"errors":[{"message":"no such field"}]}
// 200 POST /graphql {"data":{"addUser":{"id":"1"}}}
import { GraphQLClient, gql } from "graphql-request-3";

const client = new GraphQLClient(`${event.secrets.URL}/graphql`, { headers: { "x-api-key": event.secrets.TOKEN } });
console.log(await client.request(gql`mutation add($email: String!) { addUser(email: $email) { id } }`, { email: event.user.email }));
await client.request("{ wrong }").catch((error) => console.log(error.response.errors[0].message));
