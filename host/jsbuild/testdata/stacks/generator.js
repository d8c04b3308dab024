function* numbers() {
  yield 1;
  throw new Error("no more");
}
exports.onExecutePostUserRegistration = async () => {
  await null;
  for (const n of numbers()) {
    void n;
  }
};
