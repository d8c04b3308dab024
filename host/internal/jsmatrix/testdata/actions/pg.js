// Client.connect
const { Client } = require("pg");

exports.onExecutePostUserRegistration = async () => {
  const client = new Client({ connectionString: "postgres://usher@127.0.0.1:5432/users" });
  await client.connect();
};
