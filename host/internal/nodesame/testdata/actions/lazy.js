// Packages are required where they are needed, some by version.
exports.onExecutePostUserRegistration = async (event) => {
  const axios = require("axios@1.21.1");
  const crypto = require("crypto");
  const { promisify, inspect } = require("node:util");
  const FormData = require("form-data");
  const digest = crypto.createHmac("sha256", event.secrets.KEY).update(event.user.user_id).digest("hex");
  const { data } = await axios.get(`${event.secrets.BASE}/echo/${encodeURIComponent(event.user.user_id)}`, { headers: { "x-signature": digest } });
  console.log(digest, data, inspect(new Map([[1, { a: [new Set("x")] }]])), typeof promisify, typeof FormData);
  console.log(Buffer.from(event.user.user_id).toString("base64"), crypto.createHash("md5").update("ü").digest("base64"));
};
