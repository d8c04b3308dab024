// MongoClient.connect
const { MongoClient } = require("mongodb");

exports.onExecutePostUserRegistration = async () => {
  await new MongoClient("mongodb://127.0.0.1:27017").connect();
};
