// Prints the execution that the environment names, as Auth0's Node library
// reads it.
import { ManagementClient } from "auth0";

const { AUTH0_DOMAIN, AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET, EXECUTION } = process.env;
const client = new ManagementClient({ domain: AUTH0_DOMAIN, clientId: AUTH0_CLIENT_ID, clientSecret: AUTH0_CLIENT_SECRET });
console.log(JSON.stringify(await client.actions.executions.get(EXECUTION)));
