async function post(url, options) {
  await null;
  throw new Error(`${options.method} ${url}`);
}
exports.onExecutePostUserRegistration = async (event) => {
  const response = await post(
    "https://example.com/" + [event.user].length,
    {
      method: "POST",
      headers: { "content-type": ["a"].join(),
      },
      body: JSON.stringify({
        user: event.user,
        many: [1, 2].map((x) => x),
      }),
    },
  );
  return response;
};
