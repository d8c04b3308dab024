// sign, verify, decode
import jws from "jws";

const token = jws.sign({ header: { alg: "HS256" }, payload: "h. luke skywalker", secret: "secret" });
console.log(token, jws.verify(token, "HS256", "secret"), jws.verify(token, "HS256", "other"), jws.decode(token).payload);
