// Bodies of all kinds, through fetch and through axios.
const axios = require("axios");

exports.onExecutePostUserRegistration = async (event) => {
  const url = (name) => `${event.secrets.BASE}/${name}`;
  const form = new FormData();
  form.append("email", event.user.email ?? "none");
  form.append("name", event.user.name ?? "Ümläut \"q\"\r\n");
  form.append("file", new Blob(["a,b\n1,2\n"], { type: "text/csv" }), "users ü.csv");
  await fetch(url("form"), { method: "POST", body: form });
  await axios.post(url("axios-form"), form);
  await axios.postForm(url("axios-fields"), { id: event.user.user_id, nested: { a: 1 }, list: [1, 2] });
  const fields = new URLSearchParams({ id: event.user.user_id, space: "a b", plus: "+&=" });
  fields.append("space", "ü");
  await fetch(url("fields"), { method: "POST", body: fields });
  await axios.post(url("axios-params"), fields);
  await axios.post(url("axios-urlencoded"), { a: 1, b: "x y", c: ["1", "2"] }, { headers: { "content-type": "application/x-www-form-urlencoded" } });
  await axios.post(url("axios-text"), "just text ü");
  await axios.post(url("axios-none"));
  await axios.post(url("axios-null"), null);
  await fetch(url("bytes-sent"), { method: "PUT", body: new Uint8Array([0x67, 0xc3, 0xbc]) });
  await fetch(url("blob"), { method: "PUT", body: new Blob(["<a/>"], { type: "application/xml" }) });
  await fetch(url("text"), { method: "POST", body: "ü" });
  await axios.put(url("axios-bytes"), Buffer.from("grün"), { headers: { "content-type": "application/octet-stream" } });
  await fetch(url("empty"), { method: "POST" });
  await fetch(url("stream"), { method: "POST", duplex: "half", body: new Blob(["streamed"]).stream() });
};
