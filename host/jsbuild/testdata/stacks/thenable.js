const query = {
  then(resolve, reject) {
    return Promise.resolve().then(function run() {
      throw new Error("query");
    }).then(resolve, reject);
  },
};
exports.onExecutePostUserRegistration = async () => {
  await query;
};
