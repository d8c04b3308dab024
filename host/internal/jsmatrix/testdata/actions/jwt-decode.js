// header and payload, the error of what is no token
import { jwtDecode } from "jwt-decode";

const token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJqw7YifQ.";
console.log(jwtDecode(token), jwtDecode(token, { header: true }));
try {
  jwtDecode("no");
} catch (error) {
  console.log(error.name, error.message);
}
