// Requests that wait for each other at the receiver: they must be under way at once.
const axios = require("axios");

exports.onExecutePostUserRegistration = async (event) => {
  const url = `${event.secrets.BASE}/meet`;
  const answers = await Promise.all([axios.get(url, { params: { n: 1 } }), fetch(`${url}?n=2`), axios.post(`${url}?n=3`, { id: event.user.user_id })]);
  console.log(answers.map(({ status }) => status));
  const settled = await Promise.allSettled([fetch(`${event.secrets.BASE}/ok`), axios.get(`${event.secrets.BASE}/status/418`), Promise.reject(new Error("no"))]);
  console.log(settled.map(({ status, reason, value }) => [status, reason?.message, value?.status]));
  const first = await Promise.race([fetch(`${event.secrets.BASE}/quick`), new Promise((_, reject) => setTimeout(reject, 3000, new Error("too slow")).unref())]);
  console.log(first.status);
};
