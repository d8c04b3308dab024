// management.user.create
// 200 POST api.descope.com/v1/mgmt/user/create {"user":{"userId":"U1","loginIds":["jo"]}}
import DescopeClient from "@descope/node-sdk";

const descope = DescopeClient({ projectId: "P123456789012345678901234567", managementKey: event.secrets.TOKEN });
console.log((await descope.management.user.create("jo", { email: event.user.email })).data.userId);
