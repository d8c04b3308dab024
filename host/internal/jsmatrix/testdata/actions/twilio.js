// messages.create
// 201 POST /twilio/ {"sid":"SM1","account_sid":"AC0"}
import twilio from "twilio";

class Client extends twilio.RequestClient {
  request(options) {
    return super.request({ ...options, uri: options.uri.replace("https://api.twilio.com", `${event.secrets.URL}/twilio`) });
  }
}
const client = twilio("AC00000000000000000000000000000000", event.secrets.TOKEN, { httpClient: new Client() });
const message = await client.messages.create({ to: "+15005550006", from: "+15005550001", body: `Welcome ${event.user.email}` });
console.log(message.sid);
