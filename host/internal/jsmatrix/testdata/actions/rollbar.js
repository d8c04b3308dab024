// error, wait
// without "stack":"(?:[^"\\]|\\.)*"
// without "frames":\[.*?\}\]
// without "server":\{.*?\},"body"
// 200 POST api.rollbar.com/api/1/item {"err":0,"result":{"uuid":"u1"}}
import Rollbar from "rollbar";

const rollbar = new Rollbar({ accessToken: event.secrets.TOKEN, captureUncaught: false });
await new Promise((resolve) => rollbar.error(new Error("boom"), { id: event.user.user_id }, (error, response) => { console.log(error, response?.uuid !== undefined); resolve(); }));
await new Promise((resolve) => rollbar.wait(resolve));
