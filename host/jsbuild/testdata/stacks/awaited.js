async function third() {
  await null;
  throw new RangeError("third");
}
async function second() {
  return await third();
}
const first = async () => {
  const got = await second();
  return got;
};
exports.onExecutePostUserRegistration = async () => {
  await first();
};
