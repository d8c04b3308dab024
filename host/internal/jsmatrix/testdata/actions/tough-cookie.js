// a jar: set and get
import { CookieJar } from "tough-cookie";

const jar = new CookieJar();
await jar.setCookie("a=1; Path=/; Domain=example.com; Secure", "https://example.com/");
console.log(await jar.getCookieString("https://www.example.com/x"), await jar.getCookieString("http://example.com/"));
