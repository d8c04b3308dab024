function down(n) {
  if (n === 0) throw new Error("deep");
  return down(n - 1);
}
exports.onExecutePostUserRegistration = async () => {
  Error.stackTraceLimit = 3;
  await null;
  down(20);
};
