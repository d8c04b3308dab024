// Function.prototype.bind as the language has it: what it returns has the
// prototype of the function that is bound, so that a bound async function shows
// what it is. The engine gives all of them that of plain functions.

const plain = Function.prototype;
const { bind } = plain;
const { apply, getPrototypeOf, setPrototypeOf } = Reflect;

const fixed = {
  bind(self) {
    const bound = apply(bind, this, arguments);
    const prototype = getPrototypeOf(this);
    return prototype === plain ? bound : (setPrototypeOf(bound, prototype), bound);
  },
};

Object.defineProperty(plain, "bind", { value: fixed.bind, writable: true, configurable: true });
