// Names of algorithms: those of OpenSSL in any case, as the host knows them.
const hashes = "md5 sha1 sha224 sha256 sha384 sha512 sha512-224 sha512-256 sha3-224 sha3-256 sha3-384 sha3-512 ripemd160 blake2b512 blake2s256 shake128 shake256".split(" ");
const aliases = {
  "sha-1": "sha1", "sha-224": "sha224", "sha-256": "sha256", "sha-384": "sha384", "sha-512": "sha512",
  "sha1-2": "sha1", "sha512/224": "sha512-224", "sha512/256": "sha512-256", "sha-512/224": "sha512-224", "sha-512/256": "sha512-256",
  "ssl3-md5": "md5", "ssl3-sha1": "sha1", rmd160: "ripemd160", ripemd: "ripemd160",
};
const hashSet = new Set(hashes);
const modes = ["cbc", "ctr", "ecb", "gcm"];
const sizes = [128, 192, 256];
const ciphers = [
  ...sizes.flatMap((size) => modes.map((mode) => `aes-${size}-${mode}`)),
  ...sizes.map((size) => `aes${size}`), ...sizes.map((size) => `aes${size}-wrap`), "chacha20-poly1305",
  ...sizes.map((size) => `id-aes${size}-GCM`), ...sizes.map((size) => `id-aes${size}-wrap`),
].sort();
const curves = ["prime256v1", "secp224r1", "secp384r1", "secp521r1"];

// canonicalHash returns the host's name of a digest, undefined of one that it
// does not have. Names of signatures are names of digests: RSA-SHA256.
export function canonicalHash(name) {
  return hashSet.has(name) ? name : searched(name);
}

function searched(name) {
  const plain = String(name).toLowerCase().replace(/^(rsa-|ecdsa-with-)/, "").replace(/with(rsaencryption|rsa)$/, "");
  const found = aliases[plain] ?? plain;
  return hashSet.has(found) ? found : undefined;
}

export function getHashes() {
  const signatures = hashes.filter((name) => /^(md5|sha|ripemd)/.test(name) && !name.startsWith("shake")).map((name) => `RSA-${name.toUpperCase().replace(/(SHA512)-/, "$1/")}`);
  return [...signatures, ...hashes];
}

export function getCiphers() {
  return [...ciphers];
}

export function getCurves() {
  return [...curves];
}

// cipherInfo describes a cipher, undefined when the host does not have it.
export function cipherInfo(name) {
  const lower = String(name).toLowerCase();
  if (lower === "chacha20-poly1305") return { name: lower, mode: "stream", nid: 1018, ivLength: 12, keyLength: 32 };
  const [, size, mode = "cbc"] = /^(?:id-)?aes-?(128|192|256)(?:-(cbc|ctr|ecb|gcm|wrap))?$/.exec(lower) ?? [];
  if (!size) return undefined;
  const names = { gcm: `id-aes${size}-gcm`, wrap: `id-aes${size}-wrap` };
  return {
    mode, name: names[mode] ?? `aes-${size}-${mode}`, nid: nids[size][mode],
    ...(["cbc", "ecb"].includes(mode) && { blockSize: 16 }), ...(mode === "wrap" && { blockSize: 8 }), ...(["ctr", "gcm"].includes(mode) && { blockSize: 1 }),
    ...(mode !== "ecb" && { ivLength: { gcm: 12, wrap: 8 }[mode] ?? 16 }),
    keyLength: size / 8,
  };
}

const nids = {
  128: { ecb: 418, cbc: 419, ctr: 904, gcm: 895, wrap: 788 },
  192: { ecb: 422, cbc: 423, ctr: 905, gcm: 898, wrap: 789 },
  256: { ecb: 426, cbc: 427, ctr: 906, gcm: 901, wrap: 790 },
};
