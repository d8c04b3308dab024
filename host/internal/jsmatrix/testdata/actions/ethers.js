// a wallet of a fixed key: its address, a signed message and who signed it
import { Wallet, keccak256, parseEther, toUtf8Bytes, verifyMessage } from "ethers";

const wallet = new Wallet("0x" + "11".repeat(32));
const signature = await wallet.signMessage("hello");
console.log(wallet.address, signature, verifyMessage("hello", signature) === wallet.address);
console.log(keccak256(toUtf8Bytes("hello")), parseEther("1.5").toString());
