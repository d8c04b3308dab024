exports.onExecutePostUserRegistration = async () => {
  await Promise.resolve({})
    .then(function first(x) {
      return x;
    })
    .then(function second(x) {
      return x.a.b;
    });
};
