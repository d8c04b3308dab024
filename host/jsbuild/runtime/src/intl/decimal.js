// Decimal numbers as digits and a power of ten, rounded as Intl rounds: the
// shortest decimal that names the number, halves away from zero.

// decimal reads a number, bigint or numeric string: {negative, digits, point} is ±0.digits × 10^point.
export function decimal(value) {
  const text = typeof value === "number" ? (Object.is(value, -0) ? "-0" : String(value)) : String(value);
  const [, sign, whole, fraction = "", power = "0"] = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text);
  const all = whole + fraction;
  const digits = all.replace(/^0+/, "");
  return { negative: sign === "-", digits: digits.replace(/0+$/, ""), point: digits === "" ? 0 : whole.length - (all.length - digits.length) + Number(power) };
}

// round keeps places digits, counted from the first.
function round(number, places) {
  const { digits } = number;
  if (places >= digits.length) return number;
  if (places < 0) return { ...number, digits: "", point: 0 };
  const up = digits[places] >= "5";
  const kept = digits.slice(0, places);
  const text = up ? String(BigInt(`1${kept}`) + 1n) : `1${kept}`;
  const carried = text[0] === "2";
  const rounded = (carried ? `1${text.slice(1)}` : text.slice(1)).replace(/0+$/, "");
  return { ...number, digits: rounded, point: rounded === "" ? 0 : number.point + (carried ? 1 : 0) };
}

export const toFraction = (number, most) => round(number, number.point + most);
export const toSignificant = (number, most) => round(number, most);

// plain writes the digits before and after the point.
export function plain({ digits, point }, leastWhole, leastFraction) {
  const padded = digits.padEnd(Math.max(point, 0), "0");
  const whole = point > 0 ? padded.slice(0, point) : "";
  const fraction = point > 0 ? padded.slice(point) : digits && "0".repeat(-point) + digits;
  return [whole.padStart(leastWhole, "0"), fraction.padEnd(leastFraction, "0")];
}
