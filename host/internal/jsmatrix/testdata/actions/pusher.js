// trigger, authorizeChannel
// 200 POST api-eu.pusher.com/apps/1/events {}
import Pusher from "pusher";

const pusher = new Pusher({ appId: "1", key: "key", secret: "secret", cluster: "eu", useTLS: true });
console.log((await pusher.trigger("users", "signed-up", { id: event.user.user_id })).status);
console.log(pusher.authorizeChannel("1.2", "private-users").auth);
