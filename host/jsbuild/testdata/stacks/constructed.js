const { Client } = require("deep");

function make() {
  return new Client({});
}
exports.onExecutePostUserRegistration = async () => {
  make();
};
