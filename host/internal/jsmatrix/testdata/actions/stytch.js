// users.create, the error of a wrong one
// 400 POST test.stytch.com/v1/users ~nobody {"status_code":400,"error_type":"invalid_email","error_message":"no","request_id":"r"}
// 200 POST test.stytch.com/v1/users {"status_code":200,"user_id":"user-test-1"}
import stytch from "stytch";

const client = new stytch.Client({ project_id: "project-test-1", secret: event.secrets.TOKEN });
console.log((await client.users.create({ email: event.user.email })).user_id);
await client.users.create({ email: "nobody" }).catch((error) => console.log(error.error_type, error.status_code));
