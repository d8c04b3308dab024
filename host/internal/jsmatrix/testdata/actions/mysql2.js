// createConnection of mysql2/promise
import mysql from "mysql2/promise";

await mysql.createConnection({ host: "127.0.0.1", user: "usher" });
