// Names of algorithms: those of OpenSSL in any case, as the host knows them.
const hashes = "md5 md5-sha1 sha1 sha224 sha256 sha384 sha512 sha512-224 sha512-256 sha3-224 sha3-256 sha3-384 sha3-512 ripemd160 blake2b512 blake2s256 shake128 shake256".split(" ");
const aliases = {
  "sha-1": "sha1", "sha-224": "sha224", "sha-256": "sha256", "sha-384": "sha384", "sha-512": "sha512",
  "sha1-2": "sha1", "sha512/224": "sha512-224", "sha512/256": "sha512-256", "sha-512/224": "sha512-224", "sha-512/256": "sha512-256",
  "ssl3-md5": "md5", "ssl3-sha1": "sha1", rmd160: "ripemd160", ripemd: "ripemd160",
};
const hashSet = new Set(hashes);
const sizes = [128, 192, 256];
const ciphers = [
  ...sizes.flatMap((size) => ["cbc", "ccm", "cfb", "cfb8", "ctr", "ecb", "gcm", "ofb"].map((mode) => `aes-${size}-${mode}`)),
  ...sizes.flatMap((size) => [`aes${size}`, `aes${size}-wrap`, `id-aes${size}-CCM`, `id-aes${size}-GCM`, `id-aes${size}-wrap`]),
  ..."chacha20 chacha20-poly1305 des-ede des-ede-cbc des-ede-cfb des-ede-ecb des-ede-ofb des-ede3 des-ede3-cbc des-ede3-cfb des-ede3-cfb8 des-ede3-ecb des-ede3-ofb des3".split(" "),
].sort();
const curves = ["prime256v1", "secp224r1", "secp256k1", "secp384r1", "secp521r1"];

// canonicalHash returns the host's name of a digest, undefined of one that it
// does not have. Names of signatures are names of digests: RSA-SHA256.
export function canonicalHash(name) {
  return hashSet.has(name) ? name : searched(name);
}

function searched(name) {
  const plain = String(name).toLowerCase().replace(/^(rsa-|ecdsa-with-|id-rsassa-pkcs1-v1_5-with-)/, "").replace(/with(rsaencryption|rsa)$/, "");
  const found = aliases[plain] ?? plain;
  return hashSet.has(found) ? found : undefined;
}

const signed = "md5 ripemd160 sha1 sha1-2 sha224 sha256 sha3-224 sha3-256 sha3-384 sha3-512 sha384 sha512 sha512-224 sha512-256".split(" ");

export function getHashes() {
  const rsa = signed.map((name) => `RSA-${name.toUpperCase().replace(/(SHA512)-/, "$1/")}`);
  const withRSA = signed.filter((name) => name.startsWith("sha") && !/^sha(3-|1-2)/.test(name)).map((name) => `${name}WithRSAEncryption`);
  const sha3 = [224, 256, 384, 512].map((size) => `id-rsassa-pkcs1-v1_5-with-sha3-${size}`);
  return [...rsa, ...sha3, ...withRSA, ...hashes, "md5WithRSAEncryption", "ripemd", "ripemd160WithRSA", "rmd160", "ssl3-md5", "ssl3-sha1"].sort();
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
  if (lower === "chacha20") return { name: lower, mode: "stream", nid: 1019, ivLength: 16, keyLength: 32 };
  const [, des, desMode = des === "des3" ? "cbc" : "ecb"] = /^(des3|des-ede3?)(?:-(ecb|cbc|cfb8?|ofb))?$/.exec(lower) ?? [];
  if (des) return desInfo(des !== "des-ede", desMode, lower);
  const [, id, size, mode = "cbc"] = /^(id-)?aes-?(128|192|256)(?:-(cbc|ctr|ecb|gcm|ccm|cfb8?|ofb|wrap))?$/.exec(lower) ?? [];
  if (!size || (id && !["gcm", "ccm", "wrap"].includes(mode))) return undefined;
  return infoOf(["gcm", "ccm", "wrap"].includes(mode) ? `id-aes${size}-${mode}` : `aes-${size}-${mode}`, mode, nids[size][mode], 16, size / 8);
}

function desInfo(three, mode, name) {
  const nid = (three ? desNids.three : desNids.two)[mode];
  if (!nid || /^des3-/.test(name)) return undefined;
  return infoOf(`des-ede${three ? "3" : ""}${mode === "ecb" ? "" : `-${mode}`}`, mode, nid, 8, three ? 24 : 16);
}

const ivLengths = { gcm: 12, ccm: 12, wrap: 8 };

function infoOf(name, mode, nid, block, keyLength) {
  return {
    mode: mode === "cfb8" ? "cfb" : mode, name, nid,
    blockSize: ["cbc", "ecb"].includes(mode) ? block : mode === "wrap" ? 8 : 1,
    ...(mode !== "ecb" && { ivLength: ivLengths[mode] ?? block }),
    keyLength,
  };
}

const nids = {
  128: { ecb: 418, cbc: 419, ofb: 420, cfb: 421, cfb8: 653, ctr: 904, gcm: 895, ccm: 896, wrap: 788 },
  192: { ecb: 422, cbc: 423, ofb: 424, cfb: 425, cfb8: 654, ctr: 905, gcm: 898, ccm: 899, wrap: 789 },
  256: { ecb: 426, cbc: 427, ofb: 428, cfb: 429, cfb8: 655, ctr: 906, gcm: 901, ccm: 902, wrap: 790 },
};
const desNids = { two: { ecb: 32, cbc: 43, cfb: 60, ofb: 62 }, three: { ecb: 33, cbc: 44, cfb: 61, cfb8: 659, ofb: 63 } };
