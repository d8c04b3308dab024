// a form with a field and a file, sent by submit
// 200 POST /upload {}
import FormData from "form-data";

const form = new FormData();
form.append("name", "Jö");
form.append("file", Buffer.from("hello"), { filename: "hello.txt", contentType: "text/plain" });
form.setBoundary("usher-boundary");
const answer = await new Promise((resolve, reject) => form.submit(`${event.secrets.URL}/upload`, (error, response) => (error ? reject(error) : resolve(response))));
console.log(answer.statusCode, form.getHeaders());
answer.resume();
