// issues.createIssue, the error of a wrong project
// 400 POST acme.atlassian.net/rest/api ~WRONG {"errorMessages":[],"errors":{"project":"required"}}
// 201 POST acme.atlassian.net/rest/api {"id":"1","key":"OPS-1"}
import { Version3Client } from "jira.js";

const jira = new Version3Client({ host: "https://acme.atlassian.net", authentication: { basic: { email: "bot@example.com", apiToken: event.secrets.TOKEN } } });
const issue = (key) => ({ fields: { summary: "New user", project: { key }, issuetype: { name: "Task" } } });
console.log((await jira.issues.createIssue(issue("OPS"))).key);
await jira.issues.createIssue(issue("WRONG")).catch((error) => console.log(error.status ?? error.response?.status));
