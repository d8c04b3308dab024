// a name from a seed and at random
const faker = require("faker");

exports.onExecutePostUserRegistration = async () => {
  const drawn = new Set(Array.from({ length: 5 }, () => faker.datatype.number(1e9)));
  faker.seed(7);
  console.log(drawn.size > 1, faker.name.firstName(), faker.datatype.number(1e6));
};
