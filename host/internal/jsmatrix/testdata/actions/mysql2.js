// createConnection of mysql2/promise
const mysql = require("mysql2/promise");

exports.onExecutePostUserRegistration = async () => {
  await mysql.createConnection({ host: "127.0.0.1", user: "usher" });
};
