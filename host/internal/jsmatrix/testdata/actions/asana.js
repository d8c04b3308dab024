// TasksApi.createTask
// 201 POST app.asana.com/api/1.0/tasks {"data":{"gid":"7","name":"New user"}}
import Asana from "asana";

const client = Asana.ApiClient.instance;
client.authentications.token.accessToken = event.secrets.TOKEN;
console.log((await new Asana.TasksApi().createTask({ data: { name: `New user ${event.user.email}`, workspace: "1" } }, {})).data.gid);
