// with a seed
import Chance from "chance";

const chance = new Chance("seed");
console.log(chance.name(), chance.integer({ min: 1, max: 100 }), chance.email());
