// SHA256, HmacSHA1, AES with a key, MD5
import CryptoJS from "crypto-js";

console.log(CryptoJS.SHA256("hello").toString(), CryptoJS.HmacSHA1("hello", "key").toString(CryptoJS.enc.Base64), CryptoJS.MD5("jö").toString());
const key = CryptoJS.enc.Hex.parse("00112233445566778899aabbccddeeff");
const closed = CryptoJS.AES.encrypt("hello", key, { iv: key });
console.log(closed.ciphertext.toString(), CryptoJS.AES.decrypt(CryptoJS.AES.encrypt("hello", "pass").toString(), "pass").toString(CryptoJS.enc.Utf8));
