// customers.create
// 201 POST api-sandbox.gocardless.com/customers {"customers":{"id":"CU1"}}
import { Environments, GoCardlessClient } from "gocardless-nodejs";

const client = new GoCardlessClient(event.secrets.TOKEN, Environments.Sandbox);
console.log((await client.customers.create({ email: event.user.email, given_name: "Jö" })).id);
