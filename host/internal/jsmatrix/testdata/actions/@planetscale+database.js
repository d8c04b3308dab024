// execute with parameters, the error of a wrong query
// 200 POST /psdb.v1alpha1.Database/Execute ~wrong {"error":{"code":"INVALID","message":"syntax error"}}
// 200 POST /psdb.v1alpha1.Database/Execute {"session":{},"result":{"fields":[{"name":"n","type":"INT64"}],"rows":[{"lengths":["1"],"values":"MQ=="}]},"timing":0.1}
import { connect } from "@planetscale/database";

const connection = connect({ host: "aws.connect.psdb.cloud", username: "u", password: "p" });
console.log((await connection.execute("select ? as n", [1])).rows);
await connection.execute("wrong").catch((error) => console.log(error.name, error.message));
