// with a seed
import { faker } from "@faker-js/faker";

faker.seed(1);
console.log(faker.person.fullName(), faker.internet.email(), faker.number.int(100), faker.string.uuid().length);
