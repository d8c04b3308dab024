// a connection
import sql from "mssql";

await sql.connect({ server: "127.0.0.1", user: "u", password: "p", database: "d" });
