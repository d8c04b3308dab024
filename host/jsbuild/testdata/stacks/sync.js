function inner(x) {
  return x.user.id;
}
function outer() {
  return inner({});
}
exports.onExecutePostUserRegistration = async function handler() {
  outer();
};
