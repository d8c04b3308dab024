// The difference of two values, line by line, as assert prints it.

// diff returns the lines that lead from expected to actual: marked "+" where
// they are only in actual, "-" where only in expected.
export function diff(actual, expected) {
  const lengths = table(actual, expected);
  const lines = [];
  let [i, j] = [0, 0];
  while (i < Math.min(actual.length, expected.length) && alike(actual[i], expected[i])) lines.push([" ", longer(actual[i++], expected[j++])]);
  while (i < actual.length || j < expected.length) {
    if (i < actual.length && j < expected.length && actual[i] === expected[j]) {
      lines.push([" ", actual[i++]]);
      j++;
    } else if (j >= expected.length || (i < actual.length && lengths[i + 1][j] >= lengths[i][j + 1])) lines.push(["+", actual[i++]]);
    else lines.push(["-", expected[j++]]);
  }
  return lines;
}

// alike takes lines for equal that differ in the comma at their end.
function alike(a, b) {
  return a === b || a === `${b},` || `${a},` === b;
}

function longer(a, b) {
  return a.length > b.length ? a : b;
}

// table holds the length of the longest common sequence from (i, j) on.
function table(a, b) {
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) lengths[i][j] = a[i] === b[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
  }
  return lengths;
}
