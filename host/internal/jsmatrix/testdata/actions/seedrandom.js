// a seeded generator
import seedrandom from "seedrandom";

const random = seedrandom("hello");
console.log(random(), random.int32(), seedrandom.alea("x")());
