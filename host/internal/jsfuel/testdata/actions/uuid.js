// v1, v4, v5 and v7
const { v1, v4, v5, v7 } = require("uuid");

exports.onExecutePostUserRegistration = async () => console.log(v1().length, v4().length, v5("a", v5.DNS), v7().length);
