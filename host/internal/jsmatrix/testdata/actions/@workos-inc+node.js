// userManagement.createUser, the error of a wrong one
// 422 POST api.workos.com/user_management/users ~nobody {"message":"invalid","code":"invalid_request","errors":[]}
// 201 POST api.workos.com/user_management/users {"object":"user","id":"user_1","email":"jo@example.com"}
import { WorkOS } from "@workos-inc/node";

const workos = new WorkOS("sk_test");
console.log((await workos.userManagement.createUser({ email: event.user.email })).id);
await workos.userManagement.createUser({ email: "nobody" }).catch((error) => console.log(error.name, error.status));
