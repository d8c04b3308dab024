// a connection with a token: create, query, the error of a wrong query
// 400 GET /services/data/ ~ [{"message":"malformed","errorCode":"MALFORMED_QUERY"}]
// 201 POST /services/data/ {"id":"003","success":true,"errors":[]}
import jsforce from "jsforce";

const connection = new jsforce.Connection({ instanceUrl: "https://acme.my.salesforce.com", accessToken: event.secrets.TOKEN });
console.log(await connection.sobject("Contact").create({ Email: event.user.email, LastName: "Jö" }));
await connection.query("SELECT").catch((error) => console.log(error.name, error.errorCode, error.message));
