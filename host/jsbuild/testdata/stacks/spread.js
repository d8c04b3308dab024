function sum(...all) {
  return all.reduce((a, b) => a + b.size.all);
}
exports.onExecutePostUserRegistration = async () => {
  await null;
  const list = [1, 2];
  return sum(
    ...list,
    ...list.map((x) => x),
  );
};
