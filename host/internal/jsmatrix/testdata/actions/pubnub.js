// publish
// without requestid=[^&]*|ps\d+\.pndsn
// 200 GET /publish [1,"Sent","17000000000000000"]
import PubNub from "pubnub";

const pubnub = new PubNub({ publishKey: "pub", subscribeKey: "sub", userId: "bot" });
console.log((await pubnub.publish({ channel: "users", message: { id: event.user.user_id } })).timetoken);
