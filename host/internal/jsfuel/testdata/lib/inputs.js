// Inputs that look random and are the same in every run, here and in Node.
let state = 0x2545f491n;

function next() {
  state ^= (state << 13n) & 0xffffffffffffffffn;
  state ^= state >> 7n;
  state ^= (state << 17n) & 0xffffffffffffffffn;
  return state;
}

exports.bytes = (length) => Uint8Array.from({ length }, () => Number(next() & 0xffn));

exports.hex = (bits) => {
  let text = "";
  while (text.length < bits / 4) text += (next() & 0xffffffffn).toString(16).padStart(8, "0");
  return text.slice(0, Math.ceil(bits / 4)).replace(/^0/, "1");
};

exports.key = `-----BEGIN RSA PRIVATE KEY-----
MIIEowIBAAKCAQEAiSUeFcJovRzhZ5INm0KIfDIx5AknW+Au+GAd/yU+ZCoh1nF5
xm/lt+ElCbbRkXGDHaY4m+D8VIRGydWJu99+CPSMj8htl7NybHP/SEuvzwGKPuHK
oV/1ZnRC4roRsLM9i/sdRziag+qko5pSSB9Qm+RmRXBiuX2aGaEwfRUXu8c77rcK
P3TipoIKzrPJ+tiif0iT9cRiEqAjZvr9Or/Uej6+Jv7rs/+6XrL90RykRnxkYU91
A8T1418upB18KUxUGwlK/bRMkFZZfhEuLjEyt4LwYMRUdJdf9obCrLPl6KM6q6d4
a+6p5ouoYvzgWE3ffKqiYdN+tmc8sBCO7pYbtwIDAQABAoIBAAaqyUWhh9n5t3OD
hCnSGDSBdC9zyngK8/2bHpoyw0+3RKHaLmNZOT+xME3Cl3mMnSUp2YKqc1ngfFh/
iwyZFtV0ngi3Y6yGSr++++AV3dwgZQodi+5AbfunF0FSbl26uPk/IfM+azSSiaJy
dCGRdCe/+MDTb9k4o+8vCN5r0hWMzcGW5InxAbK51JxgcEfpmeox7JuNW0f6D8yh
HMYBo2oQ7cQNzLAWAOatL5TluzMPzVdtZTprMQeOJPDGdzPjP6vWdk2uMro5evB7
OrJTUGpy4DjaBuBq/+omGSNc1owv5SJ31qzOBAZ0sCYaeW6OHUJfgnPj47PB+oIG
bo74P8ECgYEAwGHpaZnENGCaw2nskti9rtmXIPrwp4Bpri6mKVXv3ax14VkQWh3/
3kUpSbOJt+a0IMThs6rsWIGnU+mb8XdgV8k8kvTX9hgZnhAm92asWIwaBz3EcbIS
AtOvvOoLYbPzyT6sDW5uGmhYn0PTQdH7h9P69vtBAYaX9nHrHg5s5QcCgYEAtn8X
YUNgW7FzoD7tuzPz6i6gB1nOMqt+8/WQ+oiJI/wzQu7AEN85eQ1RRquHqpU3Rww4
BxtsgYUjpXZBQydcB/armksHseAyCD+ebZ1p9Is+6c0qAwaCH36ZsPPV14dASoGi
dRAWlys4ISnhLfMncxmZQ/TEVve//HrRBmCol9ECgYEAlR0PGv/JOUPLkT2P1b5T
P6x93F1EnMAGqbCUsCNg+TPMZq9u4jqwcSqwNuUHENirs16HBoisCmnsNTkz2vRJ
Y6Gh5tIKdj/10zL30PjvCu8E2aoBkpKQLUrAwy+xRLiDc++00fBPPP61+jRLEZBd
Yslmk3rpxvH45VclAzXxJ48CgYA0hV0IK+jWWrqJGrM2VhxTgDmkA+9426w8r6aa
w6KcTZ+/GpECCgwzT2bdrM3thOYUt2qEeRsAJ337x42+stwkmpQGYqODSJ99ijmh
GFV/AHgJt3boyf227Kt0pqgbUBxrlOVZRVkLBnAv8yqQG9N1p59ZVF8RHFoPYpU3
fafnkQKBgG553yjfUiAfkNU3TuB95bAEX5pwg3fRZKQLzEiGnch4FHnk6eFGX2Fq
WI8oxP2CE6aVEqhugZIB47DS1AbQhpXHxO6NVztldXE/P1Zd4bBPdmLzF6ftIBqx
fluUvQOoXl4Z3sL/QMVcfp8jnvcg4CdiTEsq1tn3fTkc5ln3X+4e
-----END RSA PRIVATE KEY-----
`;

exports.toHex = (all) => Buffer.from(all).toString("hex");

// big has "random" numbers of many sizes, and those at the edges.
exports.triples = (count) =>
  Array.from({ length: count }, (_, i) => [exports.hex(64 + 61 * i), exports.hex(5 + 40 * i), exports.hex(70 + 64 * i)]).concat([
    ["0", "5", "f".repeat(40)],
    ["2", "1", "f".repeat(40)],
    ["f".repeat(80), "3", "e".repeat(40)],
    ["3", "f".repeat(64), "1" + "0".repeat(40)],
    ["7", "12", "d"],
  ]);
