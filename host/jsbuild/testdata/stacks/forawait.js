async function* pages() {
  yield 1;
  await null;
  throw new Error("page 2");
}
async function read() {
  for await (const page of pages()) {
    void page;
  }
}
exports.onExecutePostUserRegistration = async () => {
  await read();
};
