// nanoid
const { nanoid } = require("nanoid");

exports.onExecutePostUserRegistration = async () => console.log(nanoid().length);
