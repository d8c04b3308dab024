// an SVG, a data URL
import QRCode from "qrcode";

console.log((await QRCode.toString("hello", { type: "svg" })).length, (await QRCode.toDataURL("hello")).slice(0, 30), (await QRCode.toString("x", { type: "utf8" })).split("\n").length);
