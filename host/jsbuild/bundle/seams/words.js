// Bytes in 32-bit words, the first byte on top, as CryptoJS and sjcl have them.
exports.toBytes = (words, count) => {
  const all = new Uint8Array(count);
  for (let i = 0; i < count; i++) all[i] = words[i >>> 2] >>> (24 - (i % 4) * 8);
  return all;
};

exports.fromBytes = (all) => {
  const words = new Array(Math.ceil(all.length / 4)).fill(0);
  for (let i = 0; i < all.length; i++) words[i >>> 2] |= all[i] << (24 - (i % 4) * 8);
  return words;
};
