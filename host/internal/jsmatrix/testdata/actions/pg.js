// Client.connect
import { Client } from "pg";

const client = new Client({ connectionString: "postgres://usher@127.0.0.1:5432/users" });
await client.connect();
