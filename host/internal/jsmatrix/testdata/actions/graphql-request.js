// a mutation with variables, the error of a refused query
import { GraphQLClient, gql } from "graphql-request";

export const onExecutePostUserRegistration = async (event) => {
  const client = new GraphQLClient(`${event.secrets.URL}/graphql`, { headers: { authorization: `Bearer ${event.secrets.TOKEN}` } });
  console.log(await client.request(gql`mutation add($email: String!) { addUser(email: $email) { id } }`, { email: event.user.email }));
  await client.request("{ wrong }").catch((error) => console.log(error.response.errors));
};
