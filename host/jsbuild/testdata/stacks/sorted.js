exports.onExecutePostUserRegistration = async () => {
  await null;
  ["b", "a"].sort(function order(x, y) {
    return x.name.length - y.name.length;
  });
};
