// a wallet: sign and verify a message, at random, encrypted JSON by its defaults
const { Wallet, verifyMessage } = require("ethers");

exports.onExecutePostUserRegistration = async () => {
  const wallet = new Wallet("0x" + "11".repeat(32));
  const signature = await wallet.signMessage("hello");
  console.log(wallet.address, signature, verifyMessage("hello", signature));
  console.log(Wallet.createRandom().address.length, Wallet.fromPhrase("test test test test test test test test test test test junk").address);
  const json = await wallet.encrypt("secret");
  console.log((await Wallet.fromEncryptedJson(json, "secret")).address);
};
