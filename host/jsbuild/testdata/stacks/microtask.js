exports.onExecutePostUserRegistration = async () => {
  queueMicrotask(function soon() {
    throw new Error("in a microtask");
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
};
