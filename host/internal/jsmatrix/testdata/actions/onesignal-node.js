// createNotification, the error of a wrong key
// 400 GET onesignal.com/api/v1/apps {"errors":["wrong key"]}
// 200 POST onesignal.com/api/v1/notifications {"id":"n1","recipients":1}
import OneSignal from "onesignal-node";

const client = new OneSignal.Client("app", event.secrets.TOKEN);
console.log((await client.createNotification({ contents: { en: "Hello" }, include_external_user_ids: [event.user.user_id] })).body.id);
await new OneSignal.UserClient("key").viewApps().catch((error) => console.log(error.statusCode, error.body));
