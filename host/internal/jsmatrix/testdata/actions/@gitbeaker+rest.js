// Issues.create, the error of a project that is not there
// 404 GET gitlab.com/api/v4/projects/2 {"message":"404 Project Not Found"}
// 201 POST gitlab.com/api/v4/projects/1/issues {"iid":7}
import { Gitlab } from "@gitbeaker/rest";

const client4 = new Gitlab({ token: event.secrets.TOKEN });
console.log((await client4.Issues.create(1, "New user", { description: event.user.email })).iid);
await client4.Projects.show(2).catch((error) => console.log(error.name, error.message));
