// Numbers that look random and are the same everywhere.

// dice returns a function that returns whole numbers below its argument.
export function dice(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

// spoil returns text with up to three characters replaced, put in or taken out.
export function spoil(text, roll, letters) {
  let spoilt = text;
  for (let n = 1 + roll(3); n > 0; n--) {
    const at = roll(spoilt.length + 1);
    const letter = roll(3) ? letters[roll(letters.length)] : "";
    spoilt = spoilt.slice(0, at) + letter + spoilt.slice(at + roll(2));
  }
  return spoilt;
}
