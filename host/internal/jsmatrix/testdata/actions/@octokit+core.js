// request with a route
// 200 GET api.github.com/repos/a/b {"full_name":"a/b"}
import { Octokit } from "@octokit/core";

console.log((await new Octokit({ auth: event.secrets.TOKEN }).request("GET /repos/{owner}/{repo}", { owner: "a", repo: "b" })).data.full_name);
