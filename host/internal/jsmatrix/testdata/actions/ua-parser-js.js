// a browser, a phone
import { UAParser } from "ua-parser-js";

const ua = new UAParser("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1").getResult();
console.log(ua.browser.name, ua.os.name, ua.os.version, ua.device.type);
