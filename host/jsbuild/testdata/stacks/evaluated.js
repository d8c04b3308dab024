exports.onExecutePostUserRegistration = async function handler() {
  await null;
  const f = new Function("x", "return x.a.b");
  call(f);
};
function call(f) {
  f({});
}
