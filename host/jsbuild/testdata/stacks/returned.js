async function third() {
  await null;
  throw new Error("third");
}
async function second() {
  return third();
}
exports.onExecutePostUserRegistration = async () => {
  await second();
};
