// encode, decode
import bs58 from "bs58"; // .default

const base58 = bs58.default ?? bs58;
console.log(base58.encode(Buffer.from("hello")), Buffer.from(base58.decode("Cn8eVZg")).toString());
