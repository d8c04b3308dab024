// Numbers that look random and are the same everywhere.

// randomInts returns a function that returns whole numbers below its argument.
export function randomInts(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

// mutate returns text with up to three characters replaced, put in or taken out.
export function mutate(text, roll, letters) {
  let mutated = text;
  for (let n = 1 + roll(3); n > 0; n--) {
    const at = roll(mutated.length + 1);
    const letter = roll(3) ? letters[roll(letters.length)] : "";
    mutated = mutated.slice(0, at) + letter + mutated.slice(at + roll(2));
  }
  return mutated;
}
