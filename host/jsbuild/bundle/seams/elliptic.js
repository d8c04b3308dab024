// The curves of elliptic: a point times a number, and the sum of two such. The result
// is a point of the original, or undefined to leave the work to the original.
const { fromHex, toHex } = require("usher-seam:numbers");
const edwards = require("usher-seam:edwards");
const weierstrass = require("usher-seam:weierstrass");

// of returns the curve's numbers and arithmetic, or undefined for another kind.
function of(curve) {
  const plain = (n) => fromHex(n.fromRed().toString(16));
  const BN = curve.p.constructor;
  const p = fromHex(curve.p.toString(16));
  const number = (n) => new BN(toHex(n), 16);
  if (curve.type === "short") {
    return {
      numbers: { p, a: plain(curve.a) }, arithmetic: weierstrass,
      coordinates: (point) => (point.isInfinity() ? undefined : [plain(point.x), plain(point.y)]),
      point: (found) => (found ? curve.point(...found.map(number)) : curve.point(null, null)),
    };
  }
  if (curve.type === "edwards") {
    return {
      numbers: { p, a: plain(curve.a), d: plain(curve.d) }, arithmetic: edwards,
      coordinates: (point) => [plain(point.normalize().x), plain(point.y)],
      point: (found) => curve.point(...found.map(number)),
    };
  }
  return undefined;
}

function scalar(BN, k) {
  return fromHex((k instanceof BN ? k : new BN(k, 16)).toString(16));
}

function attempt(f) {
  try {
    return f();
  } catch {
    return undefined;
  }
}

// has reports whether a curve's points are multiplied here: tables of them are of no use.
exports.has = (curve) => curve.type === "short" || curve.type === "edwards";

exports.mul = (point, k) => attempt(() => {
  const curve = of(point.curve);
  const at = curve?.coordinates(point);
  const times = scalar(point.curve.p.constructor, k);
  if (!at || times === undefined) return undefined;
  return curve.point(curve.arithmetic.multiply(curve.numbers, at, times));
});

exports.mulAdd = (one, k1, two, k2) => attempt(() => {
  const curve = of(one.curve);
  const BN = one.curve.p.constructor;
  const [a, b] = [curve?.coordinates(one), curve?.coordinates(two)];
  const [m, n] = [scalar(BN, k1), scalar(BN, k2)];
  if (!a || !b || m === undefined || n === undefined) return undefined;
  return curve.point(curve.arithmetic.multiplyAdd(curve.numbers, a, m, b, n));
});

// jmulAdd returns the sum in the coordinates that the original has it in.
exports.jmulAdd = (one, k1, two, k2) => attempt(() => {
  const sum = exports.mulAdd(one, k1, two, k2);
  return sum && one.curve.type === "short" ? sum.toJ() : sum;
});
