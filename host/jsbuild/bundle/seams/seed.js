// A generator of random numbers that is seeded when its first number is asked for, and
// not when it is made: what is made while an action is built is the same in every run,
// and no run may have another's numbers.
const kinds = [
  { seed: "initGenrand", others: ["initByArray"], next: "genrandInt32" },
  { seed: "init_genrand", others: ["init_by_array"], next: "genrand_int32" },
];

// later has a Mersenne Twister seed itself with the value of draw before its first
// number, unless it has been seeded by then.
exports.later = (generator, draw) => {
  const kind = kinds.find(({ seed, others, next }) => [seed, next, ...others].every((name) => typeof generator[name] === "function"));
  if (!kind) return (generator.initGenrand ?? generator.init_genrand).call(generator, draw());
  let seeded = false;
  for (const name of [kind.seed, ...kind.others]) {
    const original = generator[name];
    generator[name] = function (...args) {
      seeded = true;
      return original.apply(this, args);
    };
  }
  const original = generator[kind.next];
  generator[kind.next] = function () {
    if (!seeded) this[kind.seed](draw());
    return original.call(this);
  };
};
