const { later } = require("deep");

function done() {
  return new Promise((resolve, reject) => {
    later(function called() {
      reject(new Error("late"));
    });
  });
}
exports.onExecutePostUserRegistration = async () => {
  await done();
};
