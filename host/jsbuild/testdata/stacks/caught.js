async function load() {
  await null;
  throw new Error("not there");
}
exports.onExecutePostUserRegistration = async () => {
  try {
    await load();
  } catch (error) {
    throw new Error("load failed", { cause: error });
  } finally {
    await null;
  }
};
