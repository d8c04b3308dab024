// repos.createDispatchEvent, issues.create, the error of a repository that is not there
// 404 GET api.github.com/repos/a/none {"message":"Not Found"}
// 204 POST api.github.com/repos/a/b/dispatches
// 201 POST api.github.com/repos/a/b/issues {"number":7}
import { Octokit } from "@octokit/rest";

const octokit = new Octokit({ auth: event.secrets.TOKEN, log: { debug() {}, info() {}, warn() {}, error() {} } });
console.log((await octokit.rest.repos.createDispatchEvent({ owner: "a", repo: "b", event_type: "signup", client_payload: { id: event.user.user_id } })).status);
console.log((await octokit.rest.issues.create({ owner: "a", repo: "b", title: `Hello ${event.user.email}` })).data.number);
await octokit.rest.repos.get({ owner: "a", repo: "none" }).catch((error) => console.log(error.name, error.status));
