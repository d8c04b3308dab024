// persons: add and list, the error of a wrong token
// 201 POST api.pipedrive.com {"success":true,"data":{"id":7,"name":"Jo"}}
// 401 GET api.pipedrive.com {"success":false,"error":"unauthorized access"}
import pipedrive from "pipedrive";

const config = new pipedrive.v2.Configuration({ apiKey: event.secrets.TOKEN });
const persons = new pipedrive.v2.PersonsApi(config);
console.log((await persons.addPerson({ AddPersonRequest: { name: "Jö", emails: [{ value: event.user.email }] } })).data.id);
await persons.getPersons().catch((error) => console.log(error.response ? error.response.status : error.message));
