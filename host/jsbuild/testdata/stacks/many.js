async function down(n) {
  await null;
  if (n === 0) throw new Error("deep");
  return await down(n - 1);
}
exports.onExecutePostUserRegistration = async () => {
  await down(20);
};
