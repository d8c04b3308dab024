// a name in German and in English, from a seed and at random
const { faker, fakerDE } = require("@faker-js/faker");

exports.onExecutePostUserRegistration = async () => {
  const drawn = new Set(Array.from({ length: 5 }, () => faker.number.int(1e9)));
  faker.seed(7);
  fakerDE.seed([1, 2]);
  console.log(drawn.size > 1, faker.person.fullName(), faker.number.int(1e6), fakerDE.person.lastName(), fakerDE.seed() > 0);
};
